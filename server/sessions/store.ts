import type { ExpressionBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

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
}

export type HandleRow = { token_hash: Buffer; session_id: string; host: string | null; created_at: Date }

type Tables = { 'sessions.session': SessionRow; 'sessions.handle': HandleRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Not ended, and neither of its times is over. The one definition of it. */
const live = (now: Date) => (is: ExpressionBuilder<Tables, 'sessions.session'>) =>
  is.and([
    is('sessions.session.ended_at', 'is', null),
    is('sessions.session.idle_expires_at', '>', now),
    is('sessions.session.absolute_expires_at', '>', now),
  ])

/** A session and its first handle, in one statement. */
export async function insertSession(
  tx: Queries,
  session: Omit<SessionRow, 'ended_at' | 'ended_why'>,
  tokenHash: Buffer,
): Promise<void> {
  await tables(tx)
    .with('made', (queries) =>
      queries
        .insertInto('sessions.session')
        .values({ ...session, ended_at: null, ended_why: null })
        .returning('id'),
    )
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
    .execute()
}

/** One more handle, for `host`. @returns false where the session is not live. */
export async function insertHandle(queries: Queries, handle: HandleRow & { host: string }): Promise<boolean> {
  const result = await tables(queries)
    .insertInto('sessions.handle')
    .columns(['token_hash', 'session_id', 'host', 'created_at'])
    .expression((from) =>
      from
        .selectFrom('sessions.session')
        .select([
          sql<Buffer>`${handle.token_hash}::bytea`.as('token_hash'),
          'sessions.session.id',
          sql<string>`${handle.host}::text`.as('host'),
          sql<Date>`${handle.created_at}::timestamptz`.as('created_at'),
        ])
        .where('sessions.session.id', '=', handle.session_id)
        .where(live(handle.created_at)),
    )
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

/** Keeps the newest `keep` handles of a session on one host. */
export async function trimHandles(queries: Queries, sessionId: string, host: string, keep: number): Promise<void> {
  await tables(queries)
    .deleteFrom('sessions.handle')
    .where('token_hash', 'in', (from) =>
      from
        .selectFrom('sessions.handle')
        .select('token_hash')
        .where('session_id', '=', sessionId)
        .where('host', '=', host)
        .orderBy('created_at', 'desc')
        .offset(keep),
    )
    .execute()
}

/** The live session that a cookie speaks for, with the host for which the cookie was made. */
export async function readByHandle(queries: Queries, tokenHash: Buffer, now: Date) {
  const row = await tables(queries)
    .selectFrom('sessions.handle')
    .innerJoin('sessions.session', 'sessions.session.id', 'sessions.handle.session_id')
    .select([
      'sessions.handle.host',
      'sessions.session.id',
      'organisation_id',
      'user_id',
      'last_used_at',
      'idle_expires_at',
      'absolute_expires_at',
      'factors',
      'authenticated_at',
    ])
    .where('sessions.handle.token_hash', '=', tokenHash)
    .where((is) => live(now)(is as unknown as ExpressionBuilder<Tables, 'sessions.session'>))
    .executeTakeFirst()
  return row ?? null
}
export type LiveRow = NonNullable<Awaited<ReturnType<typeof readByHandle>>>

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
    .where(live(now))
    .returning('idle_expires_at')
    .executeTakeFirst()
  return row?.idle_expires_at ?? null
}

/** The sooner of both expiries. Null where the session is not live. */
export async function readExpiry(queries: Queries, id: string, now: Date): Promise<Date | null> {
  const row = await tables(queries)
    .selectFrom('sessions.session')
    .select('idle_expires_at')
    .where('id', '=', id)
    .where(live(now))
    .executeTakeFirst()
  return row?.idle_expires_at ?? null
}

type Whose = { readonly organisationId: string; readonly userId: string }

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
  const rows = await tables(tx)
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
    .execute()
  return rows.map((row) => row.id)
}

/** Newest first, at most 200; with the hosts that each has reached. `now` null reads those that ended, too. */
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
  const result = await tables(queries)
    .deleteFrom('sessions.session')
    .where('id', 'in', (from) =>
      from
        .selectFrom('sessions.session')
        .select('id')
        .where((is) => is.or([is('ended_at', '<', before), is('idle_expires_at', '<', before)]))
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .executeTakeFirst()
  return Number(result.numDeletedRows)
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
