import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import type { Whose } from './store.ts'
import { live, tables, usable } from './store.ts'

type Ends = { readonly now: Date; readonly until: Date }

/** Lets every live session of a person be due for a new cookie. @returns their identifiers. */
export async function markForRenewal(
  tx: Queries,
  { organisationId, userId }: Whose,
  { raised }: { readonly raised: boolean },
  now: Date,
): Promise<string[]> {
  const rows = await tables(tx)
    .updateTable('sessions.session')
    .set({ privileges_at: now, renewed_at: null, renewals: 0, ...(raised ? { fresh_after: now } : {}) })
    .where('organisation_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where(live(now))
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/**
 * Takes on to hand out a new cookie.
 *
 * @param claim.before nobody else must have done so since.
 * @returns how often it was handed out now; null where it is not due any more, or not yet again.
 */
export async function claimRenewal(
  tx: Queries,
  id: string,
  { due, before, max }: { readonly due: Date; readonly before: Date; readonly max: number },
  now: Date,
): Promise<number | null> {
  const row = await tables(tx)
    .updateTable('sessions.session')
    .set({ renewed_at: now, renewals: sql<number>`renewals + 1` })
    .where('id', '=', id)
    .where('privileges_at', '=', due)
    .where('renewals', '<', max)
    .where((is) => is.or([is('renewed_at', 'is', null), is('renewed_at', '<=', before)]))
    .where(usable(now))
    .returning('renewals')
    .executeTakeFirst()
  return row?.renewals ?? null
}

/** Writes that the new cookie arrived. @returns false where that was known, or what the person may do changed again. */
export async function endRenewal(tx: Queries, id: string, due: Date, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('sessions.session')
    .set({ privileges_at: null, renewed_at: null, renewals: 0 })
    .where('id', '=', id)
    .where('privileges_at', '=', due)
    .where(usable(now))
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Lets the cookies of Custodia's own host end that were made by `due`. */
export async function supersedeUntil(tx: Queries, id: string, due: Date, ends: Ends): Promise<void> {
  await superseding(tx, id, ends).where('host', 'is', null).where('created_at', '<=', due).execute()
}

/**
 * Lets every other cookie end than the one that arrived: those from before the change, and those that were handed out at another
 * time than it. Where the person was given more, the cookies of applications from before the change end as well.
 */
export async function supersedeOthers(
  tx: Queries,
  id: string,
  one: {
    readonly hash: Buffer
    readonly made: Date
    readonly due: Date
    readonly nearMs: number
    readonly raised: boolean
  },
  ends: Ends,
): Promise<void> {
  const beside = (ms: number) => new Date(one.made.getTime() + ms)
  await superseding(tx, id, ends)
    .where('token_hash', '!=', one.hash)
    .where((is) =>
      is.or([
        is.and([
          is('host', 'is', null),
          // What other tabs were given by proving a factor at the same moment stays.
          is.or([is('created_at', '<=', beside(-one.nearMs)), is('created_at', '>=', beside(one.nearMs))]),
        ]),
        is.and([is('created_at', '<=', one.due), ...(one.raised ? [] : [is('host', 'is', null)])]),
      ]),
    )
    .execute()
}

const superseding = (tx: Queries, id: string, { now, until }: Ends) =>
  tables(tx)
    .updateTable('sessions.handle')
    .set({ superseded_at: now, expires_at: sql<Date>`least(expires_at, ${until}::timestamptz)` })
    .where('session_id', '=', id)
    .where('superseded_at', 'is', null)
