import type { RequestHead } from '../platform/http/ports.ts'
import { deviceOf } from './device.ts'
import { event } from './events.ts'
import type { LiveRow } from './handle-store.ts'
import { hold } from './hold.ts'
import type { Change, Look } from './look.ts'
import { changesOf, lookOf } from './look.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { driftSession } from './state-store.ts'

/**
 * Holds how a request looks against how its session looked so far. A drift is written down, once; a jump holds the session.
 *
 * @returns false where the session is held by it.
 */
export async function heedLook(parts: Parts, row: LiveRow, head: RequestHead): Promise<boolean> {
  const look = lookOf(head, row.id, parts.lookKey)
  const changes = changesOf(row, look)
  if (changes.length === 0) return true
  if (changes.includes('browser') && parts.context.config.onOtherBrowser === 'hold') {
    await hold(parts, row, 'other-browser', head)
    return false
  }
  await noteDrift(parts, row, head, look, changes)
  return true
}

async function noteDrift(
  parts: Parts,
  { id, organisation_id: organisationId, user_id: userId }: LiveRow,
  head: RequestHead,
  look: Look,
  changed: readonly Change[],
): Promise<void> {
  const { database, recorder } = parts.context
  await database.transaction(async (tx) => {
    if (!(await driftSession(tx, id, look, changed, nowOf(parts)))) return
    await recorder.record(
      tx,
      event('session.drifted', {
        organisationId,
        actor: { kind: 'user', id: userId },
        subjectId: userId,
        data: { session: id, changed: [...changed] },
        personal: { address: head.address, device: deviceOf(head.headers) },
      }),
    )
  })
}
