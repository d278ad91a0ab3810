import { closed, Id } from '@custodia/wire/http/common.ts'
import { Deliveries, DeliveryQuery, DeliveryWithAttempts } from '@custodia/wire/http/webhooks.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { replay } from './replay.ts'
import { listPage, readOne } from './show.ts'

const One = Type.Object({ deliveryId: Id('whd') }, closed)
const path = '/v1/webhooks/deliveries'
const reading = { who: { permission: 'webhooks:endpoints:read' }, limit: 'read', sensitive: false } as const

export function deliveryRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      ...reading,
      method: 'GET',
      path,
      summary: 'List messages to endpoints, the newest first.',
      query: DeliveryQuery,
      reply: Deliveries,
      errors: ['WEBHOOKS_CURSOR_INVALID'],
      handle: async ({ principal, query }) => await listPage(parts, principal.organisationId, query),
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: `${path}/:deliveryId`,
      summary: 'Read one message to an endpoint, with its attempts.',
      params: One,
      reply: DeliveryWithAttempts,
      errors: ['WEBHOOKS_DELIVERY_UNKNOWN'],
      handle: async ({ principal, params }) => await readOne(parts, principal.organisationId, params.deliveryId),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/:deliveryId/replay`,
      who: { permission: 'webhooks:endpoints:write' },
      limit: 'write',
      sensitive: false,
      summary: 'Send one message once more, under the same identifier.',
      params: One,
      reply: DeliveryWithAttempts,
      errors: ['WEBHOOKS_DELIVERY_UNKNOWN', 'WEBHOOKS_DISABLED', 'WEBHOOKS_NOT_SETTLED'],
      async handle({ principal, params }) {
        await replay(parts, principal, params.deliveryId)
        return await readOne(parts, principal.organisationId, params.deliveryId)
      },
    }),
  ]
}
