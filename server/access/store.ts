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

/** How many hold the role, this subject aside. Locks them, so that two removals can't each count on the other. */
export async function lockOtherHolders(
  tx: Queries,
  organisationId: string,
  role: string,
  subjectId: string,
): Promise<number> {
  const others = await tables(tx)
    .selectFrom('access.assignment')
    .select('subject_id')
    .where('organisation_id', '=', organisationId)
    .where('role', '=', role)
    .orderBy('subject_id')
    .forUpdate()
    .execute()
  return others.filter((one) => one.subject_id !== subjectId).length
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
