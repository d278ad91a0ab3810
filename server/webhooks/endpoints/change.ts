import type { Endpoint, EndpointChange } from '@custodia/wire/http/webhooks.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { checkedEvents, mayTell } from './allowed.ts'
import { disable } from './disable.ts'
import { show } from './show.ts'
import type { Change, EndpointRow } from './store.ts'
import { changeEndpoint, deleteEndpoint, readEndpoint } from './store.ts'
import { checkedUrl, readTarget, sealTarget } from './target.ts'

/** @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN, of another organisation's, too. */
export async function known({ context }: Parts, organisationId: string, id: string): Promise<EndpointRow> {
  const row = await readEndpoint(context.database.queries, organisationId, id)
  if (row === null) throw refuse('WEBHOOKS_ENDPOINT_UNKNOWN')
  return row
}

/**
 * Changes an endpoint. Tries that are under way go where it was; whatever they come to says nothing of where it is now.
 *
 * @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN, WEBHOOKS_URL_REFUSED, WEBHOOKS_EVENT_UNKNOWN, WEBHOOKS_ABOVE_YOU;
 * WEBHOOKS_CHANGED_MEANWHILE to all but one of those who change it at once.
 */
export async function change(parts: Parts, by: Asking, id: string, wanted: EndpointChange): Promise<Endpoint> {
  const row = await known(parts, by.organisationId, id)
  const target = await readTarget(parts, row)
  const url = wanted.url === undefined ? target.url : checkedUrl(parts, wanted.url)
  const description = wanted.description ?? target.description
  const types = wanted.events === undefined ? row.types : checkedEvents(parts, wanted.events)
  const personal = wanted.personal ?? row.personal
  // Another address, too, is somebody who is told.
  if (wanted.enabled !== false || Object.keys(wanted).length > 1) await mayTell(parts, by, personal)
  const next: Change = { target_sealed: await sealTarget(parts, row, { url, description }), types, personal }
  await parts.context.database.transaction(async (tx) => {
    const now = { ...row, version: row.version + 1 }
    if (!(await changeEndpoint(tx, row, { ...next, ...switched(row, wanted) })))
      throw refuse('WEBHOOKS_CHANGED_MEANWHILE')
    const data = { endpoint: id, types, personal }
    const said = { organisationId: row.organisation_id, actor: actorFor(by) }
    if (Object.keys(wanted).some((name) => name !== 'enabled'))
      await parts.context.recorder.record(tx, event('endpoint.changed', { ...said, data, personal: { url } }))
    await recordSwitch(parts, tx, now, wanted, said)
  })
  return await show(parts, await known(parts, by.organisationId, id))
}

/** Where it is switched on, or leads elsewhere, what was before counts no more. */
function switched(row: EndpointRow, { enabled, url }: EndpointChange): Change {
  const well = { failures: 0, failing_since: null, open_until: null }
  if (enabled === true && row.disabled_at !== null) return { ...well, disabled_at: null, disabled_why: null }
  return url === undefined ? {} : well
}

async function recordSwitch(
  parts: Parts,
  tx: Queries,
  row: EndpointRow,
  { enabled }: EndpointChange,
  { organisationId, actor }: { organisationId: string; actor: Actor },
): Promise<void> {
  if (enabled === false) await disable(parts, tx, row, 'person', actor)
  else if (enabled === true && row.disabled_at !== null)
    await parts.context.recorder.record(
      tx,
      event('endpoint.enabled', { organisationId, actor, data: { endpoint: row.id } }),
    )
}

/** Removes an endpoint with its deliveries. @throws Refusal WEBHOOKS_ENDPOINT_UNKNOWN */
export async function remove({ context }: Parts, by: Asking, id: string): Promise<void> {
  const { organisationId } = by
  await context.database.transaction(async (tx) => {
    if (!(await deleteEndpoint(tx, organisationId, id))) throw refuse('WEBHOOKS_ENDPOINT_UNKNOWN')
    const said = { organisationId, actor: actorFor(by), data: { endpoint: id } }
    await context.recorder.record(tx, event('endpoint.removed', said))
  })
}
