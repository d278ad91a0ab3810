import { SignInPolicy } from '@custodia/wire/http/factors.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readPolicy, writePolicy } from './sign-in-policy.ts'

export function policyRoutes(parts: Parts): readonly Route[] {
  const { database, recorder } = parts.context
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
      handle: async ({ principal, body }) => {
        const known = new Set(parts.access.roles().map((role) => role.name))
        const unknown = Object.keys(body.roles).find((role) => !known.has(role))
        if (unknown !== undefined) throw refuse('IDENTITY_ROLE_UNKNOWN', { field: `body.roles.${unknown}` })
        await database.transaction(async (tx) => {
          await writePolicy(tx, principal.organisationId, body, nowOf(parts))
          const { organisationId } = principal
          const data = { secondFactor: body.secondFactor, policy: JSON.stringify(body) }
          await recorder.record(tx, event('policy.changed', { organisationId, actor: actorOf(principal), data }))
        })
        return body
      },
    }),
  ]
}
