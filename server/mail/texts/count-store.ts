import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type TextCount = { readonly scope: Buffer; readonly start: Date; readonly most: number }

class Full extends Error {}

/**
 * Adds one to every count, or to none where one of them is full. Of many at once no more get through than there is room for.
 *
 * @param queries what is not in a transaction: the counts stay when the caller's rolls back, and nobody waits until it ends.
 */
export async function countText(queries: Queries, counts: readonly TextCount[]): Promise<boolean> {
  // In one order everywhere: two that count the same would otherwise each wait for the other.
  const sorted = counts.toSorted((a, b) => Buffer.compare(a.scope, b.scope))
  try {
    await queries.transaction().execute(async (tx) => {
      for (const { scope, start, most } of sorted) {
        const { rows } = await sql`insert into mail.text_count as count (scope, window_start, sent)
          values (${scope}, ${start}, 1)
          on conflict (window_start, scope) do update set sent = count.sent + 1 where count.sent < ${most}
          returning 1`.execute(tx)
        if (rows.length === 0) throw new Full()
      }
    })
    return true
  } catch (error) {
    if (error instanceof Full) return false
    throw error
  }
}

/** Removes up to `limit` counts whose window began before `before`. @returns how many. */
export async function deleteOldCounts(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'mail.text_count', sql`window_start < ${before}`, limit)
}
