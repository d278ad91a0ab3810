import type { Actor } from '../platform/events/event.ts'
import { event } from './events.ts'
import { subjectOf } from './owner.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Which } from './store.ts'
import { revokeKeys } from './store.ts'

/** Ends one key, or all of an owner: refused on the very next request, in every process. @returns how many were live. */
export async function revoke(parts: Parts, which: Which, by: Actor, why = 'revoked'): Promise<number> {
  const { database, recorder } = parts.context
  return await database.transaction(async (tx) => {
    const gone = await revokeKeys(tx, which, nowOf(parts), why)
    for (const { id, owner } of gone) {
      const { organisationId } = which
      const about = { organisationId, actor: by, subjectId: subjectOf(owner), data: { key: id, why } }
      await recorder.record(tx, event('key.revoked', about))
    }
    parts.live.changed(
      tx,
      gone.map(({ id }) => id),
    )
    return gone.length
  })
}
