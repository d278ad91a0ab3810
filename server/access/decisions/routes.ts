import { Cursor, closed } from '@custodia/wire/http/common.ts'
import { LoggedDecisions } from '@custodia/wire/http/decisions.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import type { DecisionSearchNeeds } from './search.ts'
import { searchDecisions } from './search.ts'

// PostgreSQL has no year 0.
const Time = Type.String({ format: 'date-time', pattern: '^[12]\\d{3}-' })
const Name = Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9._:-]+$' })

export const decisionPermissions = {
  'access:decisions:read': { summary: 'Search the log of decisions: who asked for what, and which policies decided.' },
} as const

export function decisionRoutes(needs: DecisionSearchNeeds): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/decisions',
      summary: 'Search the log of decisions of your organisation, newest first.',
      who: { permission: 'access:decisions:read' },
      limit: 'expensive',
      sensitive: false,
      query: Type.Object(
        {
          since: Type.Optional(Time),
          /** Exclusive. */
          until: Type.Optional(Time),
          principal: Type.Optional(Name),
          action: Type.Optional(Name),
          decision: Type.Optional(Type.Union([Type.Literal('allow'), Type.Literal('deny')])),
          cursor: Type.Optional(Cursor),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        },
        closed,
      ),
      reply: LoggedDecisions,
      errors: ['ACCESS_CURSOR_INVALID'],
      handle: ({ principal, query }) => searchDecisions(needs, principal, query),
    }),
  ]
}
