import type { WebhookMessage } from '@custodia/wire/http/webhooks.ts'
import type { EndpointRow } from '../endpoints/store.ts'
import type { Parts } from '../parts.ts'
import type { DeliveryRow } from './store.ts'

export const testType = 'webhooks.test'

/**
 * The body of a delivery, made from the ledger: what was sealed and has been shredded since is in no later try.
 *
 * @returns null where the entry is not there any more: somebody wrote into the table.
 */
export async function messageOf(parts: Parts, endpoint: EndpointRow, row: DeliveryRow): Promise<Buffer | null> {
  const message = row.entry_index === null ? testOf(row) : await eventOf(parts, endpoint, Number(row.entry_index))
  return message === null ? null : Buffer.from(JSON.stringify(message))
}

async function eventOf(parts: Parts, endpoint: EndpointRow, index: number): Promise<WebhookMessage | null> {
  // The endpoint's own organisation, whatever a delivery says.
  const entry = await parts.audit.entryAt(endpoint.organisation_id, index, { personal: endpoint.personal })
  if (entry === null) return null
  const { id, at, type, organisationId, actor, subjectId, data, personal } = entry
  const said = { id, index, organisationId, actor, subjectId, data, ...(endpoint.personal ? { personal } : {}) }
  return { type, timestamp: at, data: said }
}

const testOf = ({ message_id: id, created_at, organisation_id: organisationId }: DeliveryRow): WebhookMessage => ({
  type: testType,
  timestamp: created_at.toISOString(),
  data: { id, index: null, organisationId, actor: { kind: 'system' }, subjectId: null, data: {} },
})
