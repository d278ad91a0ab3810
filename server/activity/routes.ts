import { Activity } from '@custodia/wire/http/activity.ts'
import { Cursor, closed, Id } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import type { Route } from '../platform/http/route.ts'
import { defineRoute } from '../platform/http/route.ts'
import type { Parts } from './read-activity.ts'
import { readOwn, readTheirs } from './read-activity.ts'

const Page = Type.Object(
  {
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
)

export function routes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/me/activity',
      summary:
        'List what happened in your account lately: sign-ins, tries that were refused, and changes to what protects it.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      query: Page,
      reply: Activity,
      errors: ['ACTIVITY_CURSOR_INVALID'],
      handle: async ({ principal, query }) => await readOwn(parts, principal, query),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/users/:userId/activity',
      summary:
        'List what happened in the account of a person of your organisation, with the risk scores of their sign-ins.',
      who: { permission: 'identity:users:read' },
      limit: 'expensive',
      sensitive: false,
      params: Type.Object({ userId: Id('usr') }),
      query: Page,
      reply: Activity,
      errors: ['ACTIVITY_CURSOR_INVALID'],
      handle: async ({ principal, params, query }) => await readTheirs(parts, principal, params.userId, query),
    }),
  ]
}
