import type { SenderName } from '@custodia/edge/webhooks/senders.ts'
import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type SourceRow = {
  id: string
  organisation_id: string
  name: string
  sender: SenderName
  application: string
  path: string
  secret_sealed: Buffer
  previous_sealed: Buffer | null
  previous_until: Date | null
  rotation: number
  tolerance_seconds: number
  created_at: Date
  created_by: string | null
  last_accepted_at: Date | null
}

type SeenRow = { source_id: string; once: Buffer; claimed_until: Date | null; expires_at: Date }

const tables = (queries: Queries) => queries.withTables<{ 'webhooks.source': SourceRow; 'webhooks.seen': SeenRow }>()

export async function insertSource(tx: Queries, row: SourceRow): Promise<void> {
  await tables(tx).insertInto('webhooks.source').values(row).execute()
}

/** Until the transaction ends, nobody else adds one to this organisation. */
export async function countSources(tx: Queries, organisationId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`webhook sources ${organisationId}`}, 0))`.execute(tx)
  const { count } = await tables(tx)
    .selectFrom('webhooks.source')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Whose it is it says itself: whoever sends something knows the identifier only. */
export async function findSource(queries: Queries, id: string): Promise<SourceRow | null> {
  const row = await tables(queries).selectFrom('webhooks.source').selectAll().where('id', '=', id).executeTakeFirst()
  return row ?? null
}

export async function listSources(queries: Queries, organisationId: string): Promise<SourceRow[]> {
  return await tables(queries)
    .selectFrom('webhooks.source')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(200)
    .execute()
}

export type SourceChange = Partial<Omit<SourceRow, 'id' | 'organisation_id' | 'rotation'>>

/** Of any number who saw the same secret exactly one gets true. */
export async function changeSource(
  tx: Queries,
  { id, organisation_id, rotation }: SourceRow,
  change: SourceChange,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.source')
    .set({ ...change, rotation: rotation + 1 })
    .where('id', '=', id)
    .where('organisation_id', '=', organisation_id)
    .where('rotation', '=', rotation)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteSource(tx: Queries, organisationId: string, id: string): Promise<SourceRow | null> {
  const row = await tables(tx)
    .deleteFrom('webhooks.source')
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/**
 * Takes a message that holds for as long as `until`.
 *
 * @returns `taken` to exactly one of those who have it; `done` where it was passed on before; `busy` while it is.
 */
export async function claimOnce(
  queries: Queries,
  row: { sourceId: string; once: Buffer; until: Date; expiresAt: Date },
  now: Date,
): Promise<'taken' | 'done' | 'busy'> {
  const { rows } = await sql`insert into webhooks.seen (source_id, once, claimed_until, expires_at)
    values (${row.sourceId}, ${row.once}, ${row.until}, ${row.expiresAt})
    on conflict (source_id, once) do update set claimed_until = excluded.claimed_until
      where webhooks.seen.claimed_until <= ${now}
    returning 1`.execute(queries)
  if (rows.length > 0) return 'taken'
  const found = await tables(queries)
    .selectFrom('webhooks.seen')
    .select('claimed_until')
    .where('source_id', '=', row.sourceId)
    .where('once', '=', row.once)
    .executeTakeFirst()
  return found?.claimed_until === null ? 'done' : 'busy'
}

/** It was passed on: it counts as received for as long as it is remembered. */
export async function finishOnce(tx: Queries, sourceId: string, once: Buffer, now: Date): Promise<void> {
  await tables(tx)
    .updateTable('webhooks.seen')
    .set({ claimed_until: null })
    .where('source_id', '=', sourceId)
    .where('once', '=', once)
    .execute()
  await tables(tx).updateTable('webhooks.source').set({ last_accepted_at: now }).where('id', '=', sourceId).execute()
}

/** It was not: whoever sent it may do so again. */
export async function releaseOnce(queries: Queries, sourceId: string, once: Buffer): Promise<void> {
  await tables(queries)
    .deleteFrom('webhooks.seen')
    .where('source_id', '=', sourceId)
    .where('once', '=', once)
    .where('claimed_until', 'is not', null)
    .execute()
}

/** Removes up to `limit` messages that can not come again. @returns how many. */
export async function deleteSeen(queries: Queries, now: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'webhooks.seen', sql`expires_at < ${now}`, limit)
}
