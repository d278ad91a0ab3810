import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import { giveUpWaiting } from '../deliveries/store.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { EndpointRow } from './store.ts'
import { disableEndpoint } from './store.ts'

/** Switches an endpoint off; what waits for it is given up, and can be replayed. Nothing where it was changed or is off already. */
export async function disable(
  parts: Parts,
  tx: Queries,
  endpoint: Pick<EndpointRow, 'id' | 'version' | 'organisation_id'>,
  why: 'person' | 'gone' | 'failing' | 'overflow',
  actor: Actor,
): Promise<boolean> {
  const now = nowOf(parts)
  if (!(await disableEndpoint(tx, endpoint, now, why))) return false
  const given = await giveUpWaiting(tx, endpoint.id, now, 'disabled')
  const { id, organisation_id: organisationId } = endpoint
  const data = { endpoint: id, why, given }
  await parts.context.recorder.record(tx, event('endpoint.disabled', { organisationId, actor, data }))
  return true
}
