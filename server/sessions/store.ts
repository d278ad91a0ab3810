import type { ExpressionBuilder, Generated } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { deleteBatch } from '../platform/database/delete-batch.ts'
import { runPrepared } from '../platform/database/prepared.ts'

export type SessionRow = {
  id: string
  organisation_id: string
  user_id: string
  created_at: Date
  last_used_at: Date
  idle_expires_at: Date
  absolute_expires_at: Date
  factors: string[]
  authenticated_at: Date
  address_sealed: Buffer
  device_sealed: Buffer
  ended_at: Date | null
  ended_why: string | null
  browser_hash: Buffer | null
  browser_version: number | null
  networks: Buffer[]
  drifted_at: Date | null
  drift: string[] | null
  held_at: Date | null
  held_why: string | null
  bound_key: object | null
  bound_challenge_at: Date | null
  privileges_at: Date | null
  renewed_at: Date | null
  renewals: Generated<number>
  fresh_after: Date | null
  unprovable: boolean
  /** 0 to 1,000. */
  risk: number
}

type HandleRow = {
  token_hash: Buffer
  session_id: string
  host: string | null
  created_at: Date
  factors: string[] | null
  authenticated_at: Date | null
  expires_at: Date | null
  superseded_at: Date | null
}

export type Tables = { 'sessions.session': SessionRow; 'sessions.handle': HandleRow }

export const tables = (queries: Queries) => queries.withTables<Tables>()

/** Not ended, and neither of its times is over. The one definition of it. */
export const live = (now: Date) => (is: ExpressionBuilder<Tables, 'sessions.session'>) =>
  is.and([
    is('sessions.session.ended_at', 'is', null),
    is('sessions.session.idle_expires_at', '>', now),
    is('sessions.session.absolute_expires_at', '>', now),
  ])

/** Live, and not held: it serves whoever has its cookie. */
export const usable = (now: Date) => (is: ExpressionBuilder<Tables, 'sessions.session'>) =>
  is.and([live(now)(is), is('sessions.session.held_at', 'is', null)])

type Later =
  | ('ended_at' | 'ended_why' | 'drifted_at' | 'drift' | 'held_at' | 'held_why' | 'bound_key' | 'bound_challenge_at')
  | ('privileges_at' | 'renewed_at' | 'renewals' | 'fresh_after')
type NewSession = Omit<SessionRow, Later>

/** A session and its first handle, in one statement. */
export async function insertSession(tx: Queries, session: NewSession, tokenHash: Buffer): Promise<void> {
  const insert = tables(tx)
    .with('made', (queries) => queries.insertInto('sessions.session').values(session).returning('id'))
    .insertInto('sessions.handle')
    .columns(['token_hash', 'session_id', 'host', 'created_at'])
    .expression((from) =>
      from
        .selectFrom('made')
        .select([
          sql<Buffer>`${tokenHash}::bytea`.as('token_hash'),
          'made.id',
          sql<string | null>`null`.as('host'),
          sql<Date>`${session.created_at}::timestamptz`.as('created_at'),
        ]),
    )
  await runPrepared(tx, 'sessions.insert-session', insert)
}

/**
 * Writes that the session was used. The new idle expiry never lies beyond the absolute one.
 *
 * @returns null where it is not live any more: what ended in between stays ended.
 */
export async function touchSession(queries: Queries, id: string, now: Date, idleUntil: Date): Promise<Date | null> {
  const row = await tables(queries)
    .updateTable('sessions.session')
    .set({ last_used_at: now, idle_expires_at: sql<Date>`least(${idleUntil}::timestamptz, absolute_expires_at)` })
    .where('id', '=', id)
    .where(usable(now))
    .returning('idle_expires_at')
    .executeTakeFirst()
  return row?.idle_expires_at ?? null
}

/** The sooner of both expiries. Null where the session is not live, or held. */
export async function readExpiry(queries: Queries, id: string, now: Date): Promise<Date | null> {
  const row = await tables(queries)
    .selectFrom('sessions.session')
    .select('idle_expires_at')
    .where('id', '=', id)
    .where(usable(now))
    .executeTakeFirst()
  return row?.idle_expires_at ?? null
}

/** Until the transaction ends, nobody else who asks for the same person goes on. */
export async function lockPerson(tx: Queries, userId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`sessions:${userId}`}, 0))`.execute(tx)
}

/** How many sessions serve a person now. */
export async function countUsable(tx: Queries, userId: string, now: Date): Promise<number> {
  const { count } = await tables(tx)
    .selectFrom('sessions.session')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('user_id', '=', userId)
    .where(usable(now))
    .executeTakeFirstOrThrow()
  return count
}

export type Whose = { readonly organisationId: string; readonly userId: string }

/** Ends one live session. @returns whose it was; null where there was none. */
export async function endSession(
  tx: Queries,
  organisationId: string,
  id: string,
  why: string,
  now: Date,
): Promise<string | null> {
  const row = await tables(tx)
    .updateTable('sessions.session')
    .set({ ended_at: now, ended_why: why })
    .where('id', '=', id)
    .where('organisation_id', '=', organisationId)
    .where(live(now))
    .returning('user_id')
    .executeTakeFirst()
  return row?.user_id ?? null
}

/** Ends all live sessions of a person in one write, but `except`. @returns their identifiers. */
export async function endSessions(
  tx: Queries,
  { organisationId, userId }: Whose,
  except: string | null,
  why: string,
  now: Date,
): Promise<string[]> {
  const rows = await tables(tx)
    .updateTable('sessions.session')
    .set({ ended_at: now, ended_why: why })
    .where('organisation_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('id', '!=', except ?? '')
    .where(live(now))
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Ends the oldest live sessions of a person, so that `keep` are left beside `except`. */
export async function endOldest(
  tx: Queries,
  userId: string,
  { except, keep, why }: { except: string; keep: number; why: string },
  now: Date,
): Promise<string[]> {
  const update = tables(tx)
    .updateTable('sessions.session')
    .set({ ended_at: now, ended_why: why })
    .where('id', 'in', (from) =>
      from
        .selectFrom('sessions.session')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '!=', except)
        .where(live(now))
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .offset(keep),
    )
    .where('ended_at', 'is', null)
    .returning('id')
  const { rows } = await runPrepared(tx, 'sessions.end-oldest', update)
  return rows.map((row) => row.id)
}

/** Newest first, at most 200; with the hosts that each has reached, and what was proven in it last. `now` null reads those that ended, too. */
export async function readSessions(queries: Queries, { organisationId, userId }: Whose, now: Date | null) {
  return await tables(queries)
    .selectFrom('sessions.session')
    .selectAll()
    .select((from) =>
      from
        .selectFrom('sessions.handle')
        .whereRef('sessions.handle.session_id', '=', 'sessions.session.id')
        .where('host', 'is not', null)
        .select(sql<string[]>`coalesce(array_agg(distinct host order by host), '{}')`.as('hosts'))
        .as('hosts'),
    )
    .select((from) =>
      from
        .selectFrom('sessions.handle')
        .whereRef('sessions.handle.session_id', '=', 'sessions.session.id')
        .where('sessions.handle.factors', 'is not', null)
        .orderBy('sessions.handle.authenticated_at', 'desc')
        .select('sessions.handle.factors')
        .limit(1)
        .as('proven'),
    )
    .where('organisation_id', '=', organisationId)
    .where('user_id', '=', userId)
    .$if(now !== null, (query) => query.where(live(now as Date)))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(200)
    .execute()
}

/** Removes every row of a person. */
export async function deleteSessionsOf(tx: Queries, { organisationId, userId }: Whose): Promise<string[]> {
  const rows = await tables(tx)
    .deleteFrom('sessions.session')
    .where('organisation_id', '=', organisationId)
    .where('user_id', '=', userId)
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Removes up to `limit` sessions that were over before `before`. @returns how many. */
export async function deleteOver(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'sessions.session', sql`ended_at < ${before} or idle_expires_at < ${before}`, limit)
}

/** Whose session it is. Null where the organisation has no such session. */
export async function readOwner(queries: Queries, organisationId: string, id: string): Promise<string | null> {
  const row = await tables(queries)
    .selectFrom('sessions.session')
    .select('user_id')
    .where('id', '=', id)
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst()
  return row?.user_id ?? null
}
