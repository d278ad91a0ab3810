import { writeSecret } from '@custodia/edge/webhooks/standard.ts'
import type { EndpointSecret, RotateSecret } from '@custodia/wire/http/webhooks.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf, placeOf } from '../parts.ts'
import { known } from './change.ts'
import { show } from './show.ts'
import { changeEndpoint } from './store.ts'

const usualOverlapSeconds = 86_400

/**
 * Gives an endpoint a new secret. Until the overlap is over messages are signed with both; the one before the old one ends at once.
 *
 * @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN; WEBHOOKS_CHANGED_MEANWHILE to all but one of those who rotate at once.
 */
export async function rotate(
  parts: Parts,
  by: Asking,
  id: string,
  { overlapSeconds = usualOverlapSeconds }: RotateSecret,
): Promise<EndpointSecret> {
  const { context, keyring } = parts
  const row = await known(parts, by.organisationId, id)
  const secret = writeSecret(context.random.bytes(32))
  const until = new Date(nowOf(parts).getTime() + overlapSeconds * 1_000)
  const next = {
    secret_sealed: await keyring.seal(placeOf('endpoint', row, 'secret'), secret),
    previous_sealed: overlapSeconds === 0 ? null : row.secret_sealed,
    previous_until: overlapSeconds === 0 ? null : until,
    rotation: row.rotation + 1,
  }
  await context.database.transaction(async (tx) => {
    if (!(await changeEndpoint(tx, row, next))) throw refuse('WEBHOOKS_CHANGED_MEANWHILE')
    const data = { endpoint: id, overlapUntil: until.toISOString() }
    const said = { organisationId: row.organisation_id, actor: actorFor(by), data }
    await context.recorder.record(tx, event('endpoint.rotated', said))
  })
  return { endpoint: await show(parts, await known(parts, by.organisationId, id)), secret }
}
