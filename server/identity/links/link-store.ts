import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

/** What a link is for. Every step names the purposes that it takes: a link of another never gets there. */
export type Purpose = 'setup' | 'invitation' | 'recovery' | 'delegated-recovery' | 'recovery-cancel' | 'not-me'

export type LinkRow = {
  token_hash: Buffer
  purpose: Purpose
  person_id: string | null
  created_at: Date
  expires_at: Date
  used_at: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'identity.link': LinkRow }>()

export async function insertLink(tx: Queries, row: Omit<LinkRow, 'used_at'>): Promise<void> {
  await tables(tx)
    .insertInto('identity.link')
    .values({ ...row, used_at: null })
    .execute()
}

/** @returns null where there is none that would still work. */
export async function readLink(queries: Queries, tokenHash: Buffer, now: Date): Promise<LinkRow | null> {
  const row = await tables(queries)
    .selectFrom('identity.link')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row ?? null
}

/** Uses the link up. Of many who come at once exactly one gets it: the rows that this statement changed say who. */
export async function useLink(tx: Queries, tokenHash: Buffer, purpose: Purpose, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.link')
    .set({ used_at: now })
    .where('token_hash', '=', tokenHash)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Takes back what was not used: every set-up link, or those of one person, of all purposes unless some are named. */
export async function deleteUnusedLinks(
  tx: Queries,
  of: { purpose: 'setup' } | { personId: string; purposes?: readonly Purpose[] },
): Promise<void> {
  const unused = tables(tx).deleteFrom('identity.link').where('used_at', 'is', null)
  if (!('personId' in of)) await unused.where('purpose', '=', of.purpose).execute()
  else
    await unused
      .where('person_id', '=', of.personId)
      .$if(of.purposes !== undefined, (query) => query.where('purpose', 'in', of.purposes as readonly Purpose[]))
      .execute()
}

/** Removes up to `limit` links that expired before `before`. @returns how many. */
export async function deleteOldLinks(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.link', sql`expires_at < ${before}`, limit)
}
