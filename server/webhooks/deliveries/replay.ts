import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { known } from '../endpoints/change.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readDelivery, wakeDead, wakeOne } from './store.ts'

const mostAtOnce = 1_000

/**
 * Sends one message once more, with all its tries and the same identifier, whether it was taken before or not.
 *
 * @throws Refusal WEBHOOKS_DELIVERY_UNKNOWN, WEBHOOKS_DISABLED, WEBHOOKS_NOT_SETTLED
 */
export async function replay(parts: Parts, by: Asking, id: string): Promise<void> {
  const { context } = parts
  const { organisationId } = by
  const row = await readDelivery(context.database.queries, organisationId, id)
  if (row === null) throw refuse('WEBHOOKS_DELIVERY_UNKNOWN')
  if ((await known(parts, organisationId, row.endpoint_id)).disabled_at !== null) throw refuse('WEBHOOKS_DISABLED')
  await context.database.transaction(async (tx) => {
    if (!(await wakeOne(tx, organisationId, id, nowOf(parts)))) throw refuse('WEBHOOKS_NOT_SETTLED')
    const data = { endpoint: row.endpoint_id, deliveries: 1 }
    await context.recorder.record(tx, event('delivery.replayed', { organisationId, actor: actorFor(by), data }))
  })
}

/** Sends an endpoint's dead letters once more. @returns how many. @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN, WEBHOOKS_DISABLED */
export async function replayDead(parts: Parts, by: Asking, endpointId: string): Promise<number> {
  const { organisationId } = by
  const endpoint = await known(parts, organisationId, endpointId)
  if (endpoint.disabled_at !== null) throw refuse('WEBHOOKS_DISABLED')
  return await parts.context.database.transaction(async (tx) => {
    const deliveries = await wakeDead(tx, endpointId, nowOf(parts), mostAtOnce)
    const said = { organisationId, actor: actorFor(by), data: { endpoint: endpointId, deliveries } }
    if (deliveries > 0) await parts.context.recorder.record(tx, event('delivery.replayed', said))
    return deliveries
  })
}
