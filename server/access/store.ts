import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

type Tables = {
  'access.assignment': { organisation_id: string; subject_id: string; role: string; assigned_at: Date }
}

const tables = (queries: Queries) => queries.withTables<Tables>()

export async function readRoles(queries: Queries, organisationId: string, subjectIds: readonly string[]) {
  return await tables(queries)
    .selectFrom('access.assignment')
    .select(['subject_id', 'role'])
    .where('organisation_id', '=', organisationId)
    .where('subject_id', 'in', [...subjectIds])
    .orderBy('role')
    .execute()
}

/** Until the transaction ends, nobody else counts or changes the holders of roles in this organisation by this way. */
export async function lockHolders(tx: Queries, organisationId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`access.holders ${organisationId}`}, 0))`.execute(tx)
}

export async function countOtherHolders(
  tx: Queries,
  organisationId: string,
  role: string,
  subjectId: string,
): Promise<number> {
  const { others } = await tables(tx)
    .selectFrom('access.assignment')
    .select((eb) => eb.fn.countAll<number>().as('others'))
    .where('organisation_id', '=', organisationId)
    .where('role', '=', role)
    .where('subject_id', '<>', subjectId)
    .executeTakeFirstOrThrow()
  return others
}

export async function addRoles(
  tx: Queries,
  organisationId: string,
  subjectId: string,
  roles: readonly string[],
  at: Date,
) {
  if (roles.length === 0) return
  await tables(tx)
    .insertInto('access.assignment')
    .values(roles.map((role) => ({ organisation_id: organisationId, subject_id: subjectId, role, assigned_at: at })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function removeRoles(tx: Queries, organisationId: string, subjectId: string, roles: readonly string[]) {
  if (roles.length === 0) return
  await tables(tx)
    .deleteFrom('access.assignment')
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .where('role', 'in', [...roles])
    .execute()
}
