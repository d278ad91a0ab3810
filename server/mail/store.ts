import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { deleteBatch } from '../platform/database/delete-batch.ts'
import { deleteOfSubject, readOfSubject } from '../platform/database/of-subject.ts'

/** How a message travels. */
export type Channel = 'mail' | 'text'

export type MessageRow = {
  id: string
  channel: Channel
  organisation_id: string | null
  subject_id: string
  kind: string
  body_sealed: Buffer | null
  created_at: Date
  expires_at: Date | null
  next_try_at: Date | null
  tries: number
  sent_at: Date | null
  failed_at: Date | null
  failure: string | null
}

type Tables = { 'mail.message': MessageRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/**
 * How many mails somebody got since `since`, and how many of them were of this kind. Until the transaction ends nobody else counts for this person: of two that
 * are sent at once each sees the other.
 */
export async function countRecent(
  tx: Queries,
  { subjectId, kind }: { readonly subjectId: string; readonly kind: string },
  since: Date,
): Promise<{ all: number; ofKind: number }> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`mail ${subjectId}`}, 0))`.execute(tx)
  return await tables(tx)
    .selectFrom('mail.message')
    .select((from) => [
      from.fn.countAll<number>().as('all'),
      from.fn.countAll<number>().filterWhere('kind', '=', kind).as('ofKind'),
    ])
    .where('subject_id', '=', subjectId)
    .where('channel', '=', 'mail')
    .where('created_at', '>', since)
    .executeTakeFirstOrThrow()
}

export async function insertMessage(tx: Queries, message: MessageRow): Promise<void> {
  await tables(tx).insertInto('mail.message').values(message).execute()
}

export type ClaimedRow = Omit<MessageRow, 'body_sealed'> & { body_sealed: Buffer }

/**
 * Takes the message of these channels that is due first, or the one named, for as long as `until`: whoever else asks gets another, or none.
 * One try is counted at once, so that a message which ends its process is not tried for ever.
 */
export async function claimDue(
  queries: Queries,
  { channels, id, now, until }: { channels: readonly Channel[]; id: string | null; now: Date; until: Date },
): Promise<ClaimedRow | null> {
  const row = await tables(queries)
    .updateTable('mail.message')
    .set({ tries: sql<number>`tries + 1`, next_try_at: until })
    .where('id', '=', (from) =>
      from
        .selectFrom('mail.message')
        .select('id')
        .where('next_try_at', '<=', now)
        .where('channel', 'in', channels)
        .$if(id !== null, (query) => query.where('id', '=', id as string))
        .orderBy('next_try_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst()
  return (row as ClaimedRow | undefined) ?? null
}

type Claim = Pick<MessageRow, 'id' | 'tries'>

/** Ends the claim by what became of it. @returns false where it was lost: another claim began, or the message is gone. */
export async function settle(
  queries: Queries,
  claim: Claim,
  outcome: { sentAt: Date } | { failedAt: Date; failure: string } | { nextTryAt: Date; failure: string },
): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('mail.message')
    .set(
      'nextTryAt' in outcome
        ? { next_try_at: outcome.nextTryAt, failure: outcome.failure }
        : 'sentAt' in outcome
          ? { next_try_at: null, body_sealed: null, sent_at: outcome.sentAt, failure: null }
          : { next_try_at: null, body_sealed: null, failed_at: outcome.failedAt, failure: outcome.failure },
    )
    .where('id', '=', claim.id)
    .where('tries', '=', claim.tries)
    .where('next_try_at', 'is not', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Ends the claim as if it had never been: its try does not count. */
export async function giveBack(queries: Queries, { id, tries }: Claim, now: Date): Promise<void> {
  await tables(queries)
    .updateTable('mail.message')
    .set({ tries: tries - 1, next_try_at: now })
    .where('id', '=', id)
    .where('tries', '=', tries)
    .where('next_try_at', 'is not', null)
    .execute()
}

/** What the development mailbox holds of an organisation, newest first. */
export async function readKept(queries: Queries, organisationId: string, limit: number): Promise<ClaimedRow[]> {
  const rows = await tables(queries)
    .selectFrom('mail.message')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('sent_at', 'is not', null)
    .where('body_sealed', 'is not', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows as ClaimedRow[]
}

/** Every message of a person that is still known, newest first, at most 1,000. */
export const readOf = async (queries: Queries, organisationId: string, subjectId: string): Promise<MessageRow[]> =>
  await readOfSubject<MessageRow>(queries, 'mail.message', organisationId, subjectId)

export const deleteOf = async (tx: Queries, organisationId: string, subjectId: string): Promise<void> =>
  await deleteOfSubject(tx, 'mail.message', organisationId, subjectId)

/** Removes up to `limit` messages that were made before `before` and wait for nothing, or in vain. @returns how many. */
export async function deleteOld(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(
    queries,
    'mail.message',
    sql`created_at < ${before} and (next_try_at is null or expires_at < ${before})`,
    limit,
  )
}
