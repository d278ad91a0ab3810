import type { Queries } from '../../platform/database/database.ts'

type Tables = { 'identity.person': { email_index: Buffer } }

/** Which of at most 1,000 addresses somebody has already. */
export async function readTaken(queries: Queries, indexes: readonly Buffer[]): Promise<readonly Buffer[]> {
  const query = queries.withTables<Tables>().selectFrom('identity.person').select('email_index')
  const rows = await query.where('email_index', 'in', indexes).execute()
  return rows.map((row) => row.email_index)
}
