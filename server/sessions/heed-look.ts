import type { RequestHead } from '../platform/http/ports.ts'
import { deviceOf } from './device.ts'
import { event } from './events.ts'
import type { LiveRow } from './handle-store.ts'
import { hold } from './hold.ts'
import type { Change, Look } from './look.ts'
import { changesOf, lookOf, riskOf } from './look.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { driftSession } from './state-store.ts'

/**
 * Holds how a request looks against how its session looked so far. A drift is written down, once, and may raise the session's risk; a
 * jump holds the session.
 *
 * @returns the session's risk from now on; null where the session is held by it.
 */
export async function heedLook(parts: Parts, row: LiveRow, head: RequestHead): Promise<number | null> {
  const look = lookOf(head, row.id, parts.lookKey)
  const changes = changesOf(row, look)
  if (changes.length === 0) return row.risk
  if (changes.includes('browser') && parts.context.config.onOtherBrowser === 'hold') {
    await hold(parts, row, 'other-browser', head)
    return null
  }
  await noteDrift(parts, row, head, look, changes)
  return Math.max(row.risk, riskOf(changes))
}

async function noteDrift(
  parts: Parts,
  { id, organisation_id: organisationId, user_id: userId, risk: before }: LiveRow,
  head: RequestHead,
  look: Look,
  changed: readonly Change[],
): Promise<void> {
  const { database, recorder } = parts.context
  const risk = riskOf(changed)
  await database.transaction(async (tx) => {
    if (!(await driftSession(tx, id, { ...look, risk }, changed, nowOf(parts)))) return
    if (risk > before) parts.ended.announceChange(tx, id)
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
