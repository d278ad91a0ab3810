import { closed, Id } from '@custodia/wire/http/common.ts'
import {
  Attempt,
  Endpoint,
  EndpointChange,
  EndpointSecret,
  Endpoints,
  EventTypes,
  NewEndpoint,
  Replayed,
  RotateSecret,
} from '@custodia/wire/http/webhooks.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { replayDead } from '../deliveries/replay.ts'
import { sendTest } from '../deliveries/send-test.ts'
import type { Parts } from '../parts.ts'
import { change, remove } from './change.ts'
import { create } from './create.ts'
import { rotate } from './rotate.ts'
import { list } from './show.ts'

const One = Type.Object({ endpointId: Id('whe') }, closed)
const path = '/v1/webhooks/endpoints'
const reading = { who: { permission: 'webhooks:endpoints:read' }, limit: 'read', sensitive: false } as const
const writing = { who: { permission: 'webhooks:endpoints:write' }, limit: 'write', sensitive: true } as const
const refusals = ['WEBHOOKS_URL_REFUSED', 'WEBHOOKS_EVENT_UNKNOWN', 'WEBHOOKS_ABOVE_YOU'] as const

export function endpointRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      ...reading,
      method: 'GET',
      path,
      summary: 'List the endpoints that your organisation’s events are sent to.',
      reply: Endpoints,
      handle: async ({ principal }) => ({ items: await list(parts, principal.organisationId) }),
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: '/v1/webhooks/event-types',
      summary: 'List the types of events that an endpoint can choose.',
      reply: EventTypes,
      handle: async () => ({
        items: Object.entries(parts.context.eventCatalogue).map(([type, summary]) => ({ type, summary })),
      }),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path,
      summary: 'Add an endpoint; its secret is in the reply this once.',
      body: NewEndpoint,
      reply: EndpointSecret,
      errors: [...refusals, 'WEBHOOKS_TOO_MANY'],
      handle: async ({ principal, body }) => new Reply(201, await create(parts, principal, body)),
    }),
    defineRoute({
      ...writing,
      method: 'PATCH',
      path: `${path}/:endpointId`,
      summary: 'Change an endpoint, or switch it off or on.',
      params: One,
      body: EndpointChange,
      reply: Endpoint,
      errors: ['WEBHOOKS_ENDPOINT_UNKNOWN', ...refusals, 'WEBHOOKS_CHANGED_MEANWHILE'],
      handle: async ({ principal, params, body }) => await change(parts, principal, params.endpointId, body),
    }),
    defineRoute({
      ...writing,
      method: 'DELETE',
      path: `${path}/:endpointId`,
      summary: 'Remove an endpoint with all that waits for it.',
      params: One,
      reply: Type.Null(),
      errors: ['WEBHOOKS_ENDPOINT_UNKNOWN'],
      async handle({ principal, params }) {
        await remove(parts, principal, params.endpointId)
        return null
      },
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:endpointId/rotate`,
      summary: 'Give an endpoint a new secret; the old one signs beside it until the overlap is over.',
      params: One,
      body: RotateSecret,
      reply: EndpointSecret,
      errors: ['WEBHOOKS_ENDPOINT_UNKNOWN', 'WEBHOOKS_CHANGED_MEANWHILE'],
      handle: async ({ principal, params, body }) => await rotate(parts, principal, params.endpointId, body),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:endpointId/test`,
      limit: 'expensive',
      sensitive: false,
      summary: 'Send a test to an endpoint now, and say what came of it.',
      params: One,
      reply: Attempt,
      errors: ['WEBHOOKS_ENDPOINT_UNKNOWN', 'WEBHOOKS_DISABLED'],
      handle: async ({ principal, params, signal }) => await sendTest(parts, principal, params.endpointId, signal),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:endpointId/replay`,
      sensitive: false,
      summary: 'Send what an endpoint did not take once more: its dead letters, the oldest 1,000.',
      params: One,
      reply: Replayed,
      errors: ['WEBHOOKS_ENDPOINT_UNKNOWN', 'WEBHOOKS_DISABLED'],
      handle: async ({ principal, params }) => ({ replayed: await replayDead(parts, principal, params.endpointId) }),
    }),
  ]
}
