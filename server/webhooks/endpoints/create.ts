import { writeSecret } from '@custodia/edge/webhooks/standard.ts'
import type { EndpointSecret, NewEndpoint } from '@custodia/wire/http/webhooks.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor, boundBy } from '../../platform/http/operator.ts'
import { newId } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf, placeOf } from '../parts.ts'
import { checkedEvents, mayTell } from './allowed.ts'
import { show } from './show.ts'
import type { EndpointRow } from './store.ts'
import { countEndpoints, insertEndpoint } from './store.ts'
import { checkedUrl, sealTarget } from './target.ts'

const most = 20

/**
 * Adds an endpoint, which is told what happens from now on.
 *
 * @returns it with its secret, this once.
 * @throws Refusal WEBHOOKS_URL_REFUSED, WEBHOOKS_EVENT_UNKNOWN, WEBHOOKS_ABOVE_YOU, WEBHOOKS_TOO_MANY
 */
export async function create(parts: Parts, by: Asking, wanted: NewEndpoint): Promise<EndpointSecret> {
  const { context, keyring } = parts
  const { personal = false, description = '' } = wanted
  const url = checkedUrl(parts, wanted.url)
  const types = checkedEvents(parts, wanted.events ?? null)
  await mayTell(parts, by, personal)
  const whose = { id: newId('whe', context.random), organisation_id: by.organisationId }
  const secret = writeSecret(context.random.bytes(32))
  const row: EndpointRow = {
    ...whose,
    target_sealed: await sealTarget(parts, whose, { url, description }),
    types,
    personal,
    secret_sealed: await keyring.seal(placeOf('endpoint', whose, 'secret'), secret),
    previous_sealed: null,
    previous_until: null,
    rotation: 0,
    version: 0,
    created_at: nowOf(parts),
    created_by: boundBy(by)?.id ?? null,
    disabled_at: null,
    disabled_why: null,
    failures: 0,
    failing_since: null,
    open_until: null,
  }
  await context.database.transaction(async (tx) => {
    if ((await countEndpoints(tx, by.organisationId)) >= most) throw refuse('WEBHOOKS_TOO_MANY', { most })
    await insertEndpoint(tx, row)
    const { organisationId } = by
    const data = { endpoint: row.id, types, personal }
    const said = { organisationId, actor: actorFor(by), data, personal: { url } }
    await context.recorder.record(tx, event('endpoint.created', said))
  })
  return { endpoint: await show(parts, row), secret }
}
