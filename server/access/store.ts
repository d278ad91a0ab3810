import type { Queries } from '../platform/database/database.ts'

type Tables = {
  'access.assignment': {
    organisation_id: string
    subject_id: string
    role: string
    assigned_at: Date
    expires_at: Date | null
    assigned_by: string | null
    reason_sealed: Buffer | null
  }
}

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Those that subjects have by themselves and for good. */
export async function readRoles(queries: Queries, organisationId: string, subjectIds: readonly string[]) {
  return await tables(queries)
    .selectFrom('access.assignment')
    .select(['subject_id', 'role'])
    .where('organisation_id', '=', organisationId)
    .where('subject_id', 'in', [...subjectIds])
    .where('expires_at', 'is', null)
    .orderBy('role')
    .execute()
}

/** How many others have a role by themselves and for good. */
export async function countOtherHolders(
  tx: Queries,
  organisationId: string,
  { role, except }: { readonly role: string; readonly except: string },
): Promise<number> {
  const { others } = await tables(tx)
    .selectFrom('access.assignment')
    .select((eb) => eb.fn.countAll<number>().as('others'))
    .where('organisation_id', '=', organisationId)
    .where('role', '=', role)
    .where('expires_at', 'is', null)
    .where('subject_id', 'like', 'usr\\_%')
    .where('subject_id', '<>', except)
    .executeTakeFirstOrThrow()
  return Number(others)
}

type Whose = {
  readonly organisationId: string
  readonly subjectId: string
  readonly by: string | null
  readonly at: Date
}

/** For good: one that would expire no longer does. */
export async function addRoles(tx: Queries, { organisationId, subjectId, by, at }: Whose, roles: readonly string[]) {
  if (roles.length === 0) return
  const content = { assigned_at: at, expires_at: null, assigned_by: by, reason_sealed: null }
  await tables(tx)
    .insertInto('access.assignment')
    .values(roles.map((role) => ({ organisation_id: organisationId, subject_id: subjectId, role, ...content })))
    .onConflict((conflict) => conflict.columns(['organisation_id', 'subject_id', 'role']).doUpdateSet(content))
    .execute()
}

/** One that expires is another matter, and stays. */
export async function removeRoles(tx: Queries, organisationId: string, subjectId: string, roles: readonly string[]) {
  if (roles.length === 0) return
  await tables(tx)
    .deleteFrom('access.assignment')
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .where('role', 'in', [...roles])
    .where('expires_at', 'is', null)
    .execute()
}
