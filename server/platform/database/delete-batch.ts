import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from './database.ts'

/**
 * Removes up to `limit` rows for which `where` holds, for sweeps: in one short statement, and past the rows that somebody else has locked.
 *
 * @param table with its schema, as in `identity.link`.
 * @returns how many. Fewer than `limit` means that no more are to be had now.
 */
export async function deleteBatch(
  queries: Queries,
  table: string,
  where: RawBuilder<unknown>,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`delete from ${sql.table(table)} where ctid in (
    select ctid from ${sql.table(table)} where ${where} limit ${limit} for update skip locked)`.execute(queries)
  return Number(numAffectedRows ?? 0n)
}
