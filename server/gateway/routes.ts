import { Applications, HandedOver, HandOver } from '@custodia/wire/http/gateway.ts'
import { Type } from 'typebox'
import type { Access } from '../access/api.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import type { Sessions } from '../sessions/api.ts'
import type { Application } from './applications.ts'
import { refuse } from './errors.ts'

type Needs = {
  readonly applications: readonly Application[]
  readonly originOf: (application: Application) => string
  readonly keys: readonly Record<string, string>[]
  readonly access: Access
  readonly sessions: Sessions
}

const Jwks = Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.String())) })

export function routes({ applications, originOf, keys, access, sessions }: Needs): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/.well-known/jwks.json',
      summary: 'Get the keys that verify identity assertions (RFC 7517).',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      reply: Jwks,
      handle: async () => new Reply(200, { keys: [...keys] }, { 'cache-control': 'public, max-age=300' }),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/applications',
      summary: 'List the applications that you may open.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: Applications,
      handle: async ({ principal }) => {
        const items = []
        for (const application of applications) {
          const names = Object.keys(application.permissions)
          const decisions = await Promise.all(names.map((permission) => access.decide(principal, permission)))
          if (decisions.some((decision) => decision.allowed))
            items.push({ name: application.name, title: application.title, url: originOf(application) })
        }
        return { items }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/hand-over',
      summary: 'Carry your session to the host of an application.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      body: HandOver,
      reply: HandedOver,
      errors: ['GATEWAY_APPLICATION_UNKNOWN'],
      handle: async ({ principal, body }) => {
        const application = applications.find((one) => one.host === body.host)
        if (application === undefined) throw refuse('GATEWAY_APPLICATION_UNKNOWN')
        const code = await sessions.handOver(principal, application.host, body.state)
        return { location: `${originOf(application)}/.custodia/session?code=${encodeURIComponent(code)}` }
      },
    }),
  ]
}
