import { senderNames, senders } from '@custodia/edge/webhooks/senders.ts'
import { closed, Id } from '@custodia/wire/http/common.ts'
import {
  NewSource,
  Received,
  RotateSource,
  Senders,
  Source,
  SourceChange,
  Sources,
} from '@custodia/wire/http/webhooks.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { Noted, receive } from './receive.ts'
import { showSource } from './show.ts'
import { listSources } from './store.ts'
import { changeSourceOf, createSource, removeSource, rotateSource } from './write.ts'

const One = Type.Object({ sourceId: Id('whs') }, closed)
const path = '/v1/webhooks/sources'
const reading = { who: { permission: 'webhooks:sources:read' }, limit: 'read', sensitive: false } as const
const writing = { who: { permission: 'webhooks:sources:write' }, limit: 'write', sensitive: true } as const
/** The largest that any of the senders is known to send: GitHub cuts at 25 MB, and few come near one. */
const maxBytes = 1_048_576

export function sourceRoutes(parts: Parts): readonly Route[] {
  const noted = new Noted()
  return [
    defineRoute({
      ...reading,
      method: 'GET',
      path,
      summary: 'List the sources of incoming webhooks.',
      reply: Sources,
      handle: async ({ principal }) => ({
        items: (await listSources(parts.context.database.queries, principal.organisationId)).map((row) =>
          showSource(parts, row),
        ),
        targets: [...(parts.forwarder?.applications ?? [])].flatMap(([application, paths]) =>
          paths.map((one) => ({ application, path: one })),
        ),
      }),
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: '/v1/webhooks/senders',
      summary: 'List the senders whose webhooks can be verified.',
      reply: Senders,
      handle: async () => ({
        items: senderNames.map((name) => {
          const { title, documentation, timestamped, bodySigned, urlSigned } = senders[name]
          return { name, title, documentation, timestamped, bodySigned, urlSigned }
        }),
      }),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path,
      summary: 'Add a source, with the secret that its sender shows.',
      body: NewSource,
      reply: Source,
      errors: ['WEBHOOKS_TARGET_REFUSED', 'WEBHOOKS_SENDER_SECRET', 'WEBHOOKS_TOO_MANY'],
      handle: async ({ principal, body }) => new Reply(201, await createSource(parts, principal, body)),
    }),
    defineRoute({
      ...writing,
      method: 'PATCH',
      path: `${path}/:sourceId`,
      summary: 'Change a source.',
      params: One,
      body: SourceChange,
      reply: Source,
      errors: ['WEBHOOKS_SOURCE_UNKNOWN', 'WEBHOOKS_TARGET_REFUSED', 'WEBHOOKS_CHANGED_MEANWHILE'],
      handle: async ({ principal, params, body }) => await changeSourceOf(parts, principal, params.sourceId, body),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:sourceId/rotate`,
      summary: 'Give a source the sender’s new secret; the one before holds until the overlap is over.',
      params: One,
      body: RotateSource,
      reply: Source,
      errors: ['WEBHOOKS_SOURCE_UNKNOWN', 'WEBHOOKS_SENDER_SECRET', 'WEBHOOKS_CHANGED_MEANWHILE'],
      handle: async ({ principal, params, body }) => await rotateSource(parts, principal, params.sourceId, body),
    }),
    defineRoute({
      ...writing,
      method: 'DELETE',
      path: `${path}/:sourceId`,
      summary: 'Remove a source; nothing that comes for it is taken any more.',
      params: One,
      reply: Type.Null(),
      errors: ['WEBHOOKS_SOURCE_UNKNOWN'],
      async handle({ principal, params }) {
        await removeSource(parts, principal, params.sourceId)
        return null
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/webhooks/in/:sourceId',
      summary: 'Take a webhook: verified by its sender’s scheme, once, and passed on to the application.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      params: One,
      // Twilio writes the digest of a body that is no form into the address.
      query: Type.Object({ bodySHA256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })) }, closed),
      rawBody: 'any',
      bodyLimitBytes: maxBytes,
      reply: Received,
      errors: ['WEBHOOKS_SOURCE_UNKNOWN', 'WEBHOOKS_REFUSED', 'WEBHOOKS_BUSY', 'WEBHOOKS_NOT_PASSED_ON'],
      handle: async ({ params, head, rawBody, signal }) => ({
        received: await receive(parts, noted, params.sourceId, { head, rawBody, signal }),
      }),
    }),
  ]
}
