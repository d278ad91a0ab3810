import type { Attempt } from '@custodia/wire/http/webhooks.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { newId } from '../../platform/random.ts'
import { known } from '../endpoints/change.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { attempt } from './attempt.ts'
import { claimMs, conclude } from './deliver.ts'
import { messageOf, testType } from './message.ts'
import type { DeliveryRow } from './store.ts'
import { insertDeliveries } from './store.ts'

/**
 * Sends a message that says nothing, once, while somebody waits; it stands in the log like others.
 *
 * @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN, WEBHOOKS_DISABLED
 */
export async function sendTest(parts: Parts, by: Asking, endpointId: string, signal: AbortSignal): Promise<Attempt> {
  const { context } = parts
  const { organisationId } = by
  const endpoint = await known(parts, organisationId, endpointId)
  if (endpoint.disabled_at !== null) throw refuse('WEBHOOKS_DISABLED')
  const now = nowOf(parts)
  const until = new Date(now.getTime() + claimMs)
  const id = newId('whd', context.random)
  const row: DeliveryRow = {
    id,
    endpoint_id: endpoint.id,
    organisation_id: organisationId,
    entry_index: null,
    message_id: id,
    type: testType,
    created_at: now,
    // Claimed from the first: nobody else is to send it.
    next_try_at: until,
    claimed_until: until,
    tries: 1,
    tries_before: 0,
    delivered_at: null,
    dead_at: null,
    dead_why: null,
  }
  await insertDeliveries(context.database.queries, [row])
  const body = (await messageOf(parts, endpoint, row)) as Buffer
  const tried = await attempt(parts, endpoint, { id, body }, signal)
  await conclude(parts, endpoint, row, tried)
  const data = { endpoint: endpointId, outcome: tried.outcome }
  await context.database.transaction((tx) =>
    context.recorder.record(tx, event('delivery.tested', { organisationId, actor: actorFor(by), data })),
  )
  const { outcome, status, durationMs } = tried
  return { number: 1, at: now.toISOString(), status, outcome, durationMs }
}
