import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

/** Factors whose code travels. */
export type SentFactor = 'mail-code' | 'sms-code'

type SentCodeRow = {
  id: string
  person_id: string
  factor: SentFactor
  flow_id: string
  code_hash: Buffer
  tries: number
  created_at: Date
  expires_at: Date
  used_at: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'identity.sent_code': SentCodeRow }>()

/** When codes were sent to a person since `since`, the latest first, at most `limit`. */
export async function readSendings(
  tx: Queries,
  of: { personId: string; factor: SentFactor },
  since: Date,
  limit: number,
): Promise<readonly Date[]> {
  const rows = await tables(tx)
    .selectFrom('identity.sent_code')
    .select('created_at')
    .where('person_id', '=', of.personId)
    .where('factor', '=', of.factor)
    .where('created_at', '>', since)
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => row.created_at)
}

/** Keeps a new code, and voids those that went to the same flow before. */
export async function replaceSentCode(tx: Queries, row: Omit<SentCodeRow, 'tries' | 'used_at'>): Promise<void> {
  await tables(tx)
    .updateTable('identity.sent_code')
    .set({ used_at: row.created_at })
    .where('flow_id', '=', row.flow_id)
    .where('factor', '=', row.factor)
    .where('used_at', 'is', null)
    .execute()
  await tables(tx)
    .insertInto('identity.sent_code')
    .values({ ...row, tries: 0, used_at: null })
    .execute()
}

/** Counts a try at a flow's code before it is looked at. @returns null where none is live, or it was tried too often. */
export async function trySentCode(
  queries: Queries,
  of: { personId: string; factor: SentFactor; flowId: string },
  most: number,
  now: Date,
): Promise<{ id: string; code_hash: Buffer } | null> {
  const row = await tables(queries)
    .updateTable('identity.sent_code')
    .set({ tries: sql<number>`tries + 1` })
    .where('person_id', '=', of.personId)
    .where('factor', '=', of.factor)
    .where('flow_id', '=', of.flowId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where('tries', '<', most)
    .returning(['id', 'code_hash'])
    .executeTakeFirst()
  return row ?? null
}

/** Uses a code up. @returns false where it was used or replaced: of many at once one gets it. */
export async function useSentCode(queries: Queries, id: string, now: Date): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('identity.sent_code')
    .set({ used_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Voids what is live of a person: where it went is not theirs any more. */
export async function voidSentCodes(
  tx: Queries,
  of: { personId: string; factor: SentFactor },
  now: Date,
): Promise<void> {
  await tables(tx)
    .updateTable('identity.sent_code')
    .set({ used_at: now })
    .where('person_id', '=', of.personId)
    .where('factor', '=', of.factor)
    .where('used_at', 'is', null)
    .execute()
}

/** Removes up to `limit` codes that expired before `before`. @returns how many. */
export async function deleteOldSentCodes(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.sent_code', sql`expires_at < ${before}`, limit)
}
