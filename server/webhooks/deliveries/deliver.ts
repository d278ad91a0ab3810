import type { Queries } from '../../platform/database/database.ts'
import { disable } from '../endpoints/disable.ts'
import type { EndpointRow } from '../endpoints/store.ts'
import { noteFailure, noteSuccess, readEndpoint, restUntil } from '../endpoints/store.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { Tried } from './attempt.ts'
import { attempt, tryMs } from './attempt.ts'
import { messageOf } from './message.ts'
import { maxTries, pauseMs, restMs, wary } from './schedule.ts'
import type { DeliveryRow } from './store.ts'
import { claimDue, insertAttempt, settle } from './store.ts'

/** A claim outlives the try by far: two processes whose clocks differ by less never send one message both. */
export const claimMs = 4 * tryMs
/** What one endpoint has under way. */
const atOnce = 4
const failingDaysMs = 5 * 86_400_000

/** Claims the delivery that is due first. @returns null where there is none, else what makes it; that never rejects. */
export async function claimNext(parts: Parts): Promise<((stop: AbortSignal) => Promise<void>) | null> {
  const now = nowOf(parts)
  const until = new Date(now.getTime() + claimMs)
  const claimed = await claimDue(parts.context.database.queries, { now, until, atOnce, wary })
  if (claimed === null) return null
  return async (stop) => {
    try {
      await deliver(parts, claimed, stop)
    } catch (error) {
      // The database is away, or the ledger is: what was claimed is tried again when its claim is over.
      parts.context.log.error({ error, delivery: claimed.id }, 'a webhook could not be delivered')
    }
  }
}

async function deliver(parts: Parts, row: DeliveryRow, stop: AbortSignal): Promise<void> {
  const endpoint = await readEndpoint(parts.context.database.queries, row.organisation_id, row.endpoint_id)
  if (endpoint === null || endpoint.disabled_at !== null) return
  // Each of its tries ended with the process, or it would have been given up before.
  if (row.tries - row.tries_before > maxTries) return await giveUp(parts, row, 'crashed')
  const body = await messageOf(parts, endpoint, row)
  if (body === null) return await giveUp(parts, row, 'missing')
  const tried = await attempt(parts, endpoint, { id: row.message_id, body }, stop)
  // Cut off because the server ends: nothing is known of the receiver.
  if (stop.aborted && tried.outcome !== 'delivered') {
    await settle(parts.context.database.queries, row, { givenBackAt: nowOf(parts) })
    return
  }
  await conclude(parts, endpoint, row, tried)
}

/** Writes down what one try came to, and what follows for the delivery and for its endpoint, all or nothing. */
export async function conclude(parts: Parts, endpoint: EndpointRow, row: DeliveryRow, tried: Tried): Promise<void> {
  const now = nowOf(parts)
  const { outcome, status, durationMs } = tried
  await parts.context.database.transaction(async (tx) => {
    const next = followsFrom(parts, row, tried, now)
    if (!(await settle(tx, row, next))) return
    const duration_ms = Math.min(durationMs, 1_000_000)
    await insertAttempt(tx, { delivery_id: row.id, number: row.tries, at: now, status, outcome, duration_ms })
    if ('why' in next) await recordGivenUp(parts, tx, row, next.why)
    if (outcome === 'delivered') await noteSuccess(tx, endpoint)
    else if (outcome === 'gone') await disable(parts, tx, endpoint, 'gone', { kind: 'system' })
    else await afterFailure(parts, tx, endpoint, now)
  })
  parts.outcomes.add(1, { outcome })
}

function followsFrom(parts: Parts, row: DeliveryRow, { outcome, retryAfter }: Tried, now: Date) {
  const tries = row.tries - row.tries_before
  if (outcome === 'delivered') return { deliveredAt: now }
  if (outcome === 'gone') return { deadAt: now, why: 'gone' }
  // A test is for the person who looks at it.
  if (row.entry_index === null || tries >= maxTries) return { deadAt: now, why: 'tries' }
  return { nextTryAt: new Date(now.getTime() + pauseMs(tries, parts.context.random, retryAfter, now.getTime())) }
}

async function afterFailure(parts: Parts, tx: Queries, endpoint: EndpointRow, now: Date): Promise<void> {
  const state = await noteFailure(tx, endpoint, now)
  if (state === null) return
  const rest = restMs(state.failures)
  if (rest > 0) await restUntil(tx, endpoint.id, new Date(now.getTime() + rest))
  if (state.failing_since !== null && now.getTime() - state.failing_since.getTime() > failingDaysMs)
    await disable(parts, tx, endpoint, 'failing', { kind: 'system' })
}

async function giveUp(parts: Parts, row: DeliveryRow, why: string): Promise<void> {
  await parts.context.database.transaction(async (tx) => {
    if (await settle(tx, row, { deadAt: nowOf(parts), why })) await recordGivenUp(parts, tx, row, why)
  })
  parts.outcomes.add(1, { outcome: why })
}

async function recordGivenUp({ context }: Parts, tx: Queries, row: DeliveryRow, why: string): Promise<void> {
  // Of a test nobody has to learn later.
  if (row.entry_index === null) return
  const data = { endpoint: row.endpoint_id, delivery: row.id, tries: row.tries, why }
  const { organisation_id: organisationId } = row
  await context.recorder.record(tx, event('delivery.given-up', { organisationId, actor: { kind: 'system' }, data }))
}
