import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { tables, usable } from './store.ts'

/** Lets a live session serve nobody. @returns false where it was held already, or is over. */
export async function holdSession(tx: Queries, id: string, why: string, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('sessions.session')
    .set({ held_at: now, held_why: why })
    .where('id', '=', id)
    .where(usable(now))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Binds a session to a key. @returns false where it is bound already, held, or over: of several one binds it. */
export async function bindSession(tx: Queries, id: string, key: object, made: Date, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('sessions.session')
    .set({ bound_key: JSON.stringify(key) as unknown as object, bound_challenge_at: made })
    .where('id', '=', id)
    .where('bound_key', 'is', null)
    .where(usable(now))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The key that a session is bound to. Null where it is not bound, held, or over. */
export async function readBinding(queries: Queries, id: string, now: Date): Promise<object | null> {
  const row = await tables(queries)
    .selectFrom('sessions.session')
    .select('bound_key')
    .where('id', '=', id)
    .where(usable(now))
    .executeTakeFirst()
  return row?.bound_key ?? null
}

/** Answers a challenge. @returns false where this one or a later one was answered before. */
export async function spendChallenge(tx: Queries, id: string, made: Date, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('sessions.session')
    .set({ bound_challenge_at: made })
    .where('id', '=', id)
    .where('bound_challenge_at', '<', made)
    .where(usable(now))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Notes how a session looks now. @returns false where that was noted already: of several requests one notes it. */
export async function driftSession(
  tx: Queries,
  id: string,
  look: {
    readonly browserHash: Buffer
    readonly version: number | null
    readonly networkHash: Buffer
    readonly risk: number
  },
  changed: readonly string[],
  now: Date,
): Promise<boolean> {
  const { browserHash, version, networkHash, risk } = look
  const known = sql<boolean>`networks @> array[${networkHash}::bytea]`
  const result = await tables(tx)
    .updateTable('sessions.session')
    .set({
      browser_hash: browserHash,
      browser_version: version,
      // The eight newest are kept.
      networks: sql<Buffer[]>`case when ${known} then networks
        else (networks || ${networkHash}::bytea)[greatest(1, cardinality(networks) - 6):] end`,
      drifted_at: now,
      drift: [...changed],
      risk: sql<number>`greatest(risk, ${risk}::smallint)`,
    })
    .where('id', '=', id)
    .where(usable(now))
    .where(
      sql<boolean>`(not ${known} or browser_version is distinct from ${version}::int or browser_hash <> ${browserHash})`,
    )
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
