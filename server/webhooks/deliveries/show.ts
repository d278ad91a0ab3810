import type { Deliveries, Delivery, DeliveryQuery, DeliveryWithAttempts } from '@custodia/wire/http/webhooks.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import type { DeliveryRow } from './store.ts'
import { listDeliveries, readAttempts, readDelivery } from './store.ts'

const usual = 25

/** The newest first. @throws Refusal WEBHOOKS_CURSOR_INVALID */
export async function listPage({ context }: Parts, organisationId: string, query: DeliveryQuery): Promise<Deliveries> {
  const { endpoint: endpointId, state, cursor, limit = usual } = query
  const before = cursor === undefined ? undefined : decode(cursor)
  const rows = await listDeliveries(context.database.queries, { organisationId, endpointId, state, before }, limit + 1)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return { items: page.map(showDelivery), next: last === undefined ? null : encode(last) }
}

/** @throws Refusal WEBHOOKS_DELIVERY_UNKNOWN, of another organisation's, too. */
export async function readOne({ context }: Parts, organisationId: string, id: string): Promise<DeliveryWithAttempts> {
  const { queries } = context.database
  const row = await readDelivery(queries, organisationId, id)
  if (row === null) throw refuse('WEBHOOKS_DELIVERY_UNKNOWN')
  const attempts = await readAttempts(queries, id)
  return {
    delivery: showDelivery(row),
    attempts: attempts.map(({ number, at, status, outcome, duration_ms: durationMs }) => ({
      number,
      at: at.toISOString(),
      status,
      outcome,
      durationMs,
    })),
  }
}

const showDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  messageId: row.message_id,
  type: row.type,
  state: row.delivered_at !== null ? 'delivered' : row.dead_at !== null ? 'dead' : 'waiting',
  createdAt: row.created_at.toISOString(),
  tries: row.tries,
  nextTryAt: row.next_try_at?.toISOString() ?? null,
  settledAt: (row.delivered_at ?? row.dead_at)?.toISOString() ?? null,
  deadWhy: row.dead_why,
})

const encode = ({ created_at, id }: DeliveryRow): string =>
  Buffer.from(`${created_at.getTime()} ${id}`).toString('base64url')

function decode(cursor: string): { createdAt: Date; id: string } {
  const found = /^(\d{1,15}) (whd_[a-z2-7]{26})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (found === null) throw refuse('WEBHOOKS_CURSOR_INVALID')
  return { createdAt: new Date(Number(found[1])), id: found[2] as string }
}
