import type { ExpressionBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import type { Tables } from './store.ts'
import { live, tables, usable } from './store.ts'

/** What a cookie is made of: for which host, and what it is worth. */
export type NewHandle = {
  readonly token_hash: Buffer
  readonly session_id: string
  readonly host: string | null
  readonly created_at: Date
  readonly factors: readonly string[]
  readonly authenticated_at: Date
  /** Null is the end of its session. */
  readonly expires_at: Date | null
}

/** One more handle. @returns false where the session is not live, or held. */
export async function insertHandle(queries: Queries, handle: NewHandle): Promise<boolean> {
  const result = await tables(queries)
    .insertInto('sessions.handle')
    .columns(['token_hash', 'session_id', 'host', 'created_at', 'factors', 'authenticated_at', 'expires_at'])
    .expression((from) =>
      from
        .selectFrom('sessions.session')
        .select([
          sql<Buffer>`${handle.token_hash}::bytea`.as('token_hash'),
          'sessions.session.id',
          sql<string | null>`${handle.host}::text`.as('host'),
          sql<Date>`${handle.created_at}::timestamptz`.as('created_at'),
          sql<string[]>`${handle.factors}::text[]`.as('factors'),
          sql<Date>`${handle.authenticated_at}::timestamptz`.as('authenticated_at'),
          sql<Date | null>`${handle.expires_at}::timestamptz`.as('expires_at'),
        ])
        .where('sessions.session.id', '=', handle.session_id)
        .where(usable(handle.created_at)),
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

/**
 * Lets the handles of a session on one host end at `until`: those that are worth what was proven at `provenBy` or before, and
 * those made before `madeBefore`.
 *
 * @returns whether there were any.
 */
export async function supersedeHandles(
  tx: Queries,
  { sessionId, host }: { readonly sessionId: string; readonly host: string | null },
  { provenBy, madeBefore }: { readonly provenBy: Date; readonly madeBefore: Date },
  { now, until }: { readonly now: Date; readonly until: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('sessions.handle')
    .set({ superseded_at: now, expires_at: sql<Date>`least(expires_at, ${until}::timestamptz)` })
    .where('session_id', '=', sessionId)
    .where('host', sql`is not distinct from`, host)
    .where('superseded_at', 'is', null)
    .where((is) => sql<boolean>`(${is.ref('created_at')} < ${madeBefore} or ${provenOf(is)} <= ${provenBy})`)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

const provenOf = (is: ExpressionBuilder<Tables, 'sessions.handle'>) =>
  is.fn.coalesce(
    'authenticated_at',
    is
      .selectFrom('sessions.session')
      .select('sessions.session.authenticated_at')
      .whereRef('sessions.session.id', '=', 'sessions.handle.session_id'),
  )

/** Removes handles that were superseded before `before`; all of the session where that is null. */
export async function deleteHandles(tx: Queries, sessionId: string, before: Date | null): Promise<void> {
  await tables(tx)
    .deleteFrom('sessions.handle')
    .where('session_id', '=', sessionId)
    .$if(before !== null, (query) => query.where('superseded_at', '<=', before))
    .execute()
}

/** Removes the handles of a session on Custodia's own host that serve no longer. */
export async function deleteExpired(tx: Queries, sessionId: string, now: Date): Promise<void> {
  await tables(tx)
    .deleteFrom('sessions.handle')
    .where('session_id', '=', sessionId)
    .where('host', 'is', null)
    .where('expires_at', '<=', now)
    .execute()
}

/** What a session is worth on Custodia's own host: what was proven in it last. Null where it has no cookie. */
export async function readLatest(queries: Queries, sessionId: string) {
  const row = await tables(queries)
    .selectFrom('sessions.handle')
    .innerJoin('sessions.session', 'sessions.session.id', 'sessions.handle.session_id')
    .select((is) => [
      is.fn.coalesce('sessions.handle.factors', 'sessions.session.factors').as('factors'),
      is.fn.coalesce('sessions.handle.authenticated_at', 'sessions.session.authenticated_at').as('authenticated_at'),
    ])
    .where('sessions.handle.session_id', '=', sessionId)
    .where('sessions.handle.host', 'is', null)
    .orderBy('authenticated_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** The live session that a cookie belongs to, whether or not the cookie still serves, with the host for which it was made. */
export async function readByHandle(queries: Queries, tokenHash: Buffer, now: Date) {
  const row = await tables(queries)
    .selectFrom('sessions.handle')
    .innerJoin('sessions.session', 'sessions.session.id', 'sessions.handle.session_id')
    .select([
      'sessions.handle.host',
      'sessions.handle.expires_at',
      'sessions.handle.superseded_at',
      'sessions.handle.created_at',
      'sessions.session.id',
      'organisation_id',
      'user_id',
      'last_used_at',
      'idle_expires_at',
      'absolute_expires_at',
      'browser_hash',
      'browser_version',
      'networks',
      'held_at',
      'held_why',
      'bound_key',
      'privileges_at',
      'fresh_after',
      'unprovable',
      'risk',
    ])
    .select((is) => [
      is.fn.coalesce('sessions.handle.factors', 'sessions.session.factors').as('factors'),
      is.fn.coalesce('sessions.handle.authenticated_at', 'sessions.session.authenticated_at').as('authenticated_at'),
    ])
    .where('sessions.handle.token_hash', '=', tokenHash)
    .where((is) => live(now)(is as unknown as ExpressionBuilder<Tables, 'sessions.session'>))
    .executeTakeFirst()
  return row ?? null
}
export type LiveRow = NonNullable<Awaited<ReturnType<typeof readByHandle>>>
