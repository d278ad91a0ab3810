import type { Queries } from '../platform/database/database.ts'

export type KeyRow = {
  id: string
  organisation_id: string
  application_id: string
  roles: string[]
  secret_hash: Buffer
  created_at: Date
  revoked_at: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'apikeys.key': KeyRow }>()

export async function insertKey(tx: Queries, row: Omit<KeyRow, 'revoked_at'>): Promise<void> {
  await tables(tx)
    .insertInto('apikeys.key')
    .values({ ...row, revoked_at: null })
    .execute()
}

/** @returns null where there is none that is live. */
export async function readLiveKey(queries: Queries, id: string): Promise<KeyRow | null> {
  const row = await tables(queries)
    .selectFrom('apikeys.key')
    .selectAll()
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row ?? null
}

export async function revokeKey(tx: Queries, organisationId: string, id: string, at: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('apikeys.key')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
