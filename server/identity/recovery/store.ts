import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import type { PersonRow } from '../store.ts'

export type Outcome = 'done' | 'cancelled' | 'withdrawn' | 'void' | 'expired'

export type DelegatedRow = {
  id: string
  person_id: string
  organisation_id: string
  asked_by: string
  asked_at: Date
  approved_by: string | null
  approved_at: Date | null
  ready_at: Date | null
  sent_at: Date | null
  expires_at: Date
  ended_at: Date | null
  outcome: Outcome | null
}

type Tables = { 'identity.delegated_recovery': DelegatedRow; 'identity.person': PersonRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Writes a password that no earlier one vouches for. @returns null where the person may not sign in (any more). */
export async function replacePassword(tx: Queries, id: string, password: string, now: Date): Promise<PersonRow | null> {
  const row = await tables(tx)
    .updateTable('identity.person')
    .set({ password, password_changed_at: now })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** @returns how many of these people may sign in, and are of this organisation. */
export async function countActive(queries: Queries, organisationId: string, ids: readonly string[]): Promise<number> {
  const row = await tables(queries)
    .selectFrom('identity.person')
    .select((from) => from.fn.countAll<string>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'active')
    .where('id', 'in', ids)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** @returns false where one is under way for this person: the index says so, whoever comes at once. */
export async function insertDelegated(
  tx: Queries,
  row: Pick<DelegatedRow, 'id' | 'person_id' | 'organisation_id' | 'asked_by' | 'asked_at' | 'expires_at'>,
): Promise<boolean> {
  const { rows } = await sql`insert into identity.delegated_recovery
      (id, person_id, organisation_id, asked_by, asked_at, expires_at)
    values (${row.id}, ${row.person_id}, ${row.organisation_id}, ${row.asked_by}, ${row.asked_at}, ${row.expires_at})
    on conflict (person_id) where ended_at is null do nothing returning id`.execute(tx)
  return rows.length === 1
}

/** What is under way for a person. */
export async function readDelegated(queries: Queries, personId: string, now: Date): Promise<DelegatedRow | null> {
  const row = await tables(queries)
    .selectFrom('identity.delegated_recovery')
    .selectAll()
    .where('person_id', '=', personId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row ?? null
}

/** What is under way in an organisation, the oldest first, at most `limit`. */
export async function readUnderWay(
  queries: Queries,
  organisationId: string,
  now: Date,
  limit: number,
): Promise<DelegatedRow[]> {
  return await tables(queries)
    .selectFrom('identity.delegated_recovery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('asked_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** People of an organisation by their identifiers, in no order. */
export async function readByIds(
  queries: Queries,
  organisationId: string,
  ids: readonly string[],
): Promise<PersonRow[]> {
  if (ids.length === 0) return []
  return await tables(queries)
    .selectFrom('identity.person')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', ids)
    .execute()
}

/** The second administrator's word. @returns null where there is nothing to approve, or nothing for this administrator. */
export async function approveDelegated(
  tx: Queries,
  id: string,
  { by, now, readyAt, expiresAt }: { by: string; now: Date; readyAt: Date; expiresAt: Date },
): Promise<DelegatedRow | null> {
  const row = await tables(tx)
    .updateTable('identity.delegated_recovery')
    .set({ approved_by: by, approved_at: now, ready_at: readyAt, expires_at: expiresAt })
    .where('id', '=', id)
    .where('approved_by', 'is', null)
    .where('asked_by', '<>', by)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** Whose wait is over, at most `limit`, the longest waiting first. */
export async function readDue(queries: Queries, now: Date, limit: number): Promise<DelegatedRow[]> {
  return await tables(queries)
    .selectFrom('identity.delegated_recovery')
    .selectAll()
    .where('ready_at', '<=', now)
    .where('sent_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('ready_at')
    .limit(limit)
    .execute()
}

/** @returns false where somebody else sent it, it was cancelled, or it is too early. */
export async function markSent(tx: Queries, id: string, now: Date, expiresAt: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.delegated_recovery')
    .set({ sent_at: now, expires_at: expiresAt })
    .where('id', '=', id)
    .where('ready_at', '<=', now)
    .where('sent_at', 'is', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/**
 * Ends what is under way for a person; `done` only after its link went out.
 *
 * @returns null where nothing was.
 */
export async function endDelegated(
  tx: Queries,
  personId: string,
  outcome: Outcome,
  now: Date,
): Promise<DelegatedRow | null> {
  const row = await tables(tx)
    .updateTable('identity.delegated_recovery')
    .set({ ended_at: now, outcome })
    .where('person_id', '=', personId)
    .where('ended_at', 'is', null)
    .$if(outcome === 'done', (query) => query.where('sent_at', 'is not', null))
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** When two administrators let somebody in last. Null where they never did, or long ago: such rows are kept for 100 days. */
export async function readRecoveredAt(queries: Queries, personId: string): Promise<Date | null> {
  const row = await tables(queries)
    .selectFrom('identity.delegated_recovery')
    .select('ended_at')
    .where('person_id', '=', personId)
    .where('outcome', '=', 'done')
    .orderBy('ended_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.ended_at ?? null
}

/** People whose recovery came to nothing, at most `limit`. */
export async function readExpired(queries: Queries, now: Date, limit: number): Promise<string[]> {
  const rows = await tables(queries)
    .selectFrom('identity.delegated_recovery')
    .select('person_id')
    .where('ended_at', 'is', null)
    .where('expires_at', '<=', now)
    .limit(limit)
    .execute()
  return rows.map((row) => row.person_id)
}

/** Removes up to `limit` that ended before `before`. @returns how many. */
export async function deleteOldDelegated(queries: Queries, before: Date, limit: number): Promise<number> {
  const result = await tables(queries)
    .deleteFrom('identity.delegated_recovery')
    .where('id', 'in', (from) =>
      from.selectFrom('identity.delegated_recovery').select('id').where('ended_at', '<', before).limit(limit),
    )
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
