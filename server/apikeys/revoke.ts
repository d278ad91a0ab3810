import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import { event } from './events.ts'
import { subjectOf } from './owner.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Which } from './store.ts'
import { revokeKeys } from './store.ts'

/**
 * Ends one key, or all of an owner: refused on the very next request, in every process.
 *
 * @param reason why, in the words of whoever does it, for the ledger.
 * @returns how many were live.
 */
export async function revoke(parts: Parts, which: Which, by: Actor, reason = ''): Promise<number> {
  return await parts.context.database.transaction((tx) => revokeIn(parts, tx, which, by, { why: 'revoked', reason }))
}

/** @property why as the ledger and the person's export say it. */
type Why = { readonly why: string; readonly reason?: string }

/** As `revoke`, in the caller's transaction. */
export async function revokeIn(
  parts: Parts,
  tx: Queries,
  which: Which,
  by: Actor,
  { why, reason = '' }: Why,
): Promise<number> {
  const { recorder } = parts.context
  const gone = await revokeKeys(tx, which, nowOf(parts), why)
  for (const { id, owner } of gone) {
    const { organisationId } = which
    const data = { key: id, why }
    const about = { organisationId, actor: by, subjectId: subjectOf(owner), data, personal: { reason } }
    await recorder.record(tx, event('key.revoked', about))
  }
  parts.live.changed(
    tx,
    gone.map(({ id }) => id),
  )
  return gone.length
}
