import { closed, Id } from '@custodia/wire/http/common.ts'
import {
  ApiKeys,
  IssuedKey,
  KeyFormat,
  LeakReceipt,
  LeakReport,
  NewKey,
  RevokedKeys,
  RotateKey,
} from '@custodia/wire/http/keys.ts'
import { Type } from 'typebox'
import { actorOf } from '../platform/events/event.ts'
import type { Principal, UserPrincipal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { refuse } from './errors.ts'
import { issueOwn } from './issue-own.ts'
import { scannerPattern } from './key-format.ts'
import type { Parts } from './parts.ts'
import { reportLeaked } from './report-leaked.ts'
import { revoke } from './revoke.ts'
import { rotate } from './rotate.ts'
import { serviceRoutes } from './service-routes.ts'
import { list, showIssued } from './show.ts'

const OneKey = Type.Object({ keyId: Id('key') }, closed)
const OnePerson = Type.Object({ userId: Id('usr') }, closed)
const KeyOfPerson = Type.Object({ userId: Id('usr'), keyId: Id('key') }, closed)

const mine = ({ id, organisationId }: UserPrincipal) => ({ organisationId, owner: { kind: 'user', id } as const })
const theirs = ({ organisationId }: Principal, userId: string) => ({
  organisationId,
  owner: { kind: 'user', id: userId } as const,
})

export function routes(parts: Parts): readonly Route[] {
  return [...ownRoutes(parts), ...administratorRoutes(parts), ...serviceRoutes(parts), ...openRoutes(parts)]
}

/** Of a person in their session: a key makes no key, and a key of theirs does not see the others. */
function ownRoutes(parts: Parts): readonly Route[] {
  const { maxDays } = parts.context.config
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/keys',
      summary: 'List your API keys.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: ApiKeys,
      handle: async ({ principal }) => ({ items: await list(parts, mine(principal)), maxDays }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keys',
      summary: 'Make an API key; its secret is in the reply this once.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      body: NewKey,
      reply: IssuedKey,
      errors: [
        'APIKEY_SCOPE_UNKNOWN',
        'APIKEY_SCOPE_NOT_YOURS',
        'APIKEY_EXPIRY_TOO_LATE',
        'APIKEY_NETWORK_INVALID',
        'APIKEY_PUBLIC_KEY_INVALID',
        'APIKEY_SIGNING_NEEDED',
        'APIKEY_TOO_MANY',
      ],
      handle: async ({ principal, body }) =>
        new Reply(201, await showIssued(parts, await issueOwn(parts, principal, body))),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keys/:keyId/rotate',
      summary: 'Give one of your API keys a new secret; the old one holds a while beside it.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      params: OneKey,
      body: RotateKey,
      reply: IssuedKey,
      errors: ['APIKEY_UNKNOWN', 'APIKEY_ROTATED_MEANWHILE', 'APIKEY_EXPIRY_TOO_LATE', 'APIKEY_PUBLIC_KEY_INVALID'],
      handle: async ({ principal, params, body }) =>
        await showIssued(
          parts,
          await rotate(parts, { ...mine(principal), id: params.keyId }, body, actorOf(principal)),
        ),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/keys/:keyId',
      // Whoever fears that a key leaked must not first look for their second factor.
      summary: 'Revoke one of your API keys.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      params: OneKey,
      reply: Type.Null(),
      errors: ['APIKEY_UNKNOWN'],
      handle: async ({ principal, params }) => {
        const gone = await revoke(parts, { ...mine(principal), id: params.keyId }, actorOf(principal))
        if (gone === 0) throw refuse('APIKEY_UNKNOWN')
        return null
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/keys',
      summary: 'Revoke all your API keys.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      reply: RevokedKeys,
      handle: async ({ principal }) => ({ revoked: await revoke(parts, mine(principal), actorOf(principal)) }),
    }),
  ]
}

function administratorRoutes(parts: Parts): readonly Route[] {
  const { maxDays } = parts.context.config
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/users/:userId/keys',
      summary: 'List the API keys of a person of your organisation.',
      who: { permission: 'apikeys:keys:read' },
      limit: 'read',
      sensitive: false,
      params: OnePerson,
      reply: ApiKeys,
      handle: async ({ principal, params }) => ({
        items: await list(parts, theirs(principal, params.userId)),
        maxDays,
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/users/:userId/keys/:keyId',
      summary: 'Revoke an API key of a person of your organisation.',
      who: { permission: 'apikeys:keys:write' },
      limit: 'write',
      sensitive: false,
      params: KeyOfPerson,
      reply: Type.Null(),
      errors: ['APIKEY_UNKNOWN'],
      handle: async ({ principal, params }) => {
        const which = { ...theirs(principal, params.userId), id: params.keyId }
        if ((await revoke(parts, which, actorOf(principal))) === 0) throw refuse('APIKEY_UNKNOWN')
        return null
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/users/:userId/keys',
      summary: 'Revoke all API keys of a person of your organisation.',
      who: { permission: 'apikeys:keys:write' },
      limit: 'write',
      sensitive: false,
      params: OnePerson,
      reply: RevokedKeys,
      handle: async ({ principal, params }) => ({
        revoked: await revoke(parts, theirs(principal, params.userId), actorOf(principal)),
      }),
    }),
  ]
}

/** For scanners: they know nobody here, and nobody knows them. */
function openRoutes(parts: Parts): readonly Route[] {
  const { publicUrl } = parts.context
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/keys/format',
      summary: 'Get the form of API keys, for whoever looks for leaked ones.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      reply: KeyFormat,
      handle: async () => ({
        pattern: scannerPattern,
        prefix: 'cus_',
        checksum:
          'The last 7 characters: CRC-32 (ISO-HDLC) of all characters before them, 4 bytes big-endian, as lower-case base32 (RFC 4648 §6).',
        report: `${publicUrl}/v1/keys/leaked`,
      }),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keys/leaked',
      summary: 'Report API keys that were found where others can read them; those that are real stop working.',
      who: 'anyone',
      limit: 'expensive',
      sensitive: false,
      body: LeakReport,
      reply: LeakReceipt,
      errors: ['APIKEY_BUSY'],
      handle: async ({ body }) => new Reply(202, reportLeaked(parts, body)),
    }),
  ]
}
