import { closed, Id } from '@custodia/wire/http/common.ts'
import { ApiKeys, IssuedKey, NewKey, RevokedKeys, RevokeKeys, RotateKey } from '@custodia/wire/http/keys.ts'
import { Type } from 'typebox'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { refuse } from './errors.ts'
import { issueForAccount, rotateForAccount } from './for-service-account.ts'
import type { Parts } from './parts.ts'
import { revoke } from './revoke.ts'
import { list, showIssued } from './show.ts'

const OneAccount = Type.Object({ accountId: Id('svc') }, closed)
const KeyOfAccount = Type.Object({ accountId: Id('svc'), keyId: Id('key') }, closed)
const keysOf = ({ organisationId }: Principal, id: string) => ({
  organisationId,
  owner: { kind: 'service', id } as const,
})

/** Nobody signs in as a service account: administrators make its keys. */
export function serviceRoutes(parts: Parts): readonly Route[] {
  const { maxDays } = parts.context.config
  const path = '/v1/service-accounts/:accountId/keys'
  const writing = { who: { permission: 'apikeys:keys:write' }, limit: 'write' } as const
  return [
    defineRoute({
      method: 'GET',
      path,
      summary: 'List the API keys of a service account.',
      who: { permission: 'apikeys:keys:read' },
      limit: 'read',
      sensitive: false,
      params: OneAccount,
      reply: ApiKeys,
      handle: async ({ principal, params }) => ({
        items: await list(parts, keysOf(principal, params.accountId)),
        maxDays,
      }),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path,
      summary: 'Make an API key for a service account; its secret is in the reply this once.',
      sensitive: true,
      params: OneAccount,
      body: NewKey,
      reply: IssuedKey,
      errors: [
        'APIKEY_OWNER_UNKNOWN',
        'APIKEY_OWNER_ABOVE_YOU',
        'APIKEY_SCOPE_UNKNOWN',
        'APIKEY_EXPIRY_TOO_LATE',
        'APIKEY_NETWORK_INVALID',
        'APIKEY_PUBLIC_KEY_INVALID',
        'APIKEY_SIGNING_NEEDED',
        'APIKEY_TOO_MANY',
      ],
      handle: async ({ principal, params, body }) =>
        new Reply(201, await showIssued(parts, await issueForAccount(parts, principal, params.accountId, body))),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:keyId/rotate`,
      summary: 'Give an API key of a service account a new secret.',
      sensitive: true,
      params: KeyOfAccount,
      body: RotateKey,
      reply: IssuedKey,
      errors: [
        'APIKEY_UNKNOWN',
        'APIKEY_OWNER_ABOVE_YOU',
        'APIKEY_ROTATED_MEANWHILE',
        'APIKEY_EXPIRY_TOO_LATE',
        'APIKEY_PUBLIC_KEY_INVALID',
      ],
      handle: async ({ principal, params, body }) =>
        await showIssued(parts, await rotateForAccount(parts, principal, params, body)),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/:keyId/revoke`,
      summary: 'Revoke an API key of a service account, and say why.',
      sensitive: false,
      params: KeyOfAccount,
      body: RevokeKeys,
      reply: RevokedKeys,
      errors: ['APIKEY_UNKNOWN'],
      async handle({ principal, params, body }) {
        const which = { ...keysOf(principal, params.accountId), id: params.keyId }
        const revoked = await revoke(parts, which, actorOf(principal), body.reason)
        if (revoked === 0) throw refuse('APIKEY_UNKNOWN')
        return { revoked }
      },
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: `${path}/revoke`,
      summary: 'Revoke all API keys of a service account, and say why.',
      sensitive: false,
      params: OneAccount,
      body: RevokeKeys,
      reply: RevokedKeys,
      handle: async ({ principal, params, body }) => ({
        revoked: await revoke(parts, keysOf(principal, params.accountId), actorOf(principal), body.reason),
      }),
    }),
  ]
}
