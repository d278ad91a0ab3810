import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import type { WrittenRole } from './role-table.ts'

type Tables = {
  'access.role': WrittenRole & { organisation_id: string; created_at: Date; changed_at: Date }
}

const tables = (queries: Queries) => queries.withTables<Tables>()

/** At most as many as there may be: 1,000. */
export async function readWrittenRoles(queries: Queries, organisationId: string): Promise<WrittenRole[]> {
  return await tables(queries)
    .selectFrom('access.role')
    .select(['name', 'summary', 'permissions', 'includes', 'privileged'])
    .where('organisation_id', '=', organisationId)
    .orderBy('name')
    .execute()
}

export async function writeRole(tx: Queries, organisationId: string, role: WrittenRole, now: Date): Promise<void> {
  const { name, summary, privileged } = role
  const content = { summary, privileged, permissions: [...role.permissions], includes: [...role.includes] }
  await tables(tx)
    .insertInto('access.role')
    .values({ organisation_id: organisationId, name, ...content, created_at: now, changed_at: now })
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'name']).doUpdateSet({ ...content, changed_at: now }),
    )
    .execute()
}

export async function removeRole(tx: Queries, organisationId: string, name: string): Promise<void> {
  await tables(tx)
    .deleteFrom('access.role')
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .execute()
}

/** Subjects to whom one of these roles is assigned at `now`. At most `limit`. */
export async function readHolders(
  tx: Queries,
  organisationId: string,
  roles: readonly string[],
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ subject_id: string }>`
    select distinct subject_id from access.assignment
    where organisation_id = ${organisationId} and role = any(${[...roles]}::text[])
      and (expires_at is null or expires_at > ${now})
    order by subject_id limit ${limit}`.execute(tx)
  return rows.map((row) => row.subject_id)
}
