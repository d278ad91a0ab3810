import { SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { changePolicy } from './change-policy.ts'
import { readPolicy } from './sign-in-policy.ts'

export function policyRoutes(parts: Parts): readonly Route[] {
  const { database } = parts.context
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/policies/sign-in',
      summary: 'Get what your organisation demands of a sign-in.',
      who: { permission: 'identity:policy:read' },
      limit: 'read',
      sensitive: false,
      reply: SignInPolicy,
      handle: async ({ principal }) => (await readPolicy(database.queries, principal.organisationId)).policy,
    }),
    defineRoute({
      method: 'PUT',
      path: '/v1/policies/sign-in',
      summary: 'Change what your organisation demands of a sign-in.',
      who: { permission: 'identity:policy:write' },
      limit: 'write',
      sensitive: true,
      body: SignInPolicy,
      reply: SignInPolicy,
      errors: ['IDENTITY_ROLE_UNKNOWN'],
      handle: async ({ principal, body }) => await changePolicy(parts, () => body, principal),
    }),
  ]
}
