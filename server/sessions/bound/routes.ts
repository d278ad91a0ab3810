import { Instructions } from '@custodia/wire/http/sessions.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { bind, challenge, refresh, refreshPath } from './bind-session.ts'
import { offer, registerPath } from './offer.ts'
import { unquoted } from './structured.ts'

const idPattern = /^ses_[a-z2-7]{26}$/
const over = { continue: false } as const

export function boundRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/sessions/bind/offer',
      summary: 'Offer to bind this session to a key of the device; the browser decides (DBSC).',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      reply: Type.Null(),
      handle: async ({ principal, head }) => new Reply(204, null, offer(parts, principal.sessionId, head)),
    }),
    defineRoute({
      method: 'POST',
      path: registerPath,
      summary: 'Bind this session to a key: the browser calls this by itself, with Secure-Session-Response (DBSC).',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      reply: Instructions,
      errors: ['SESSIONS_BINDING_REFUSED', 'SESSIONS_OVER'],
      handle: async ({ principal, head }) => {
        const { instructions, cookie } = await bind(parts, principal, head)
        return new Reply(200, instructions, { 'set-cookie': cookie, 'cache-control': 'no-store' })
      },
    }),
    defineRoute({
      method: 'POST',
      path: refreshPath,
      summary:
        'Get the next cookie of a bound session: the browser calls this by itself, with Sec-Secure-Session-Id (DBSC).',
      // The cookie may be over already: the key speaks for the session.
      who: 'anyone',
      limit: 'write',
      sensitive: false,
      reply: Instructions,
      errors: ['SESSIONS_OVER'],
      handle: async ({ head }) => {
        const id = unquoted(head.headers['sec-secure-session-id'], 64)
        const refreshed = id === null || !idPattern.test(id) ? null : await refresh(parts, id, head)
        if (refreshed === null) return new Reply(200, over, { 'cache-control': 'no-store' })
        const headers = { 'cache-control': 'no-store' }
        return refreshed === 'refused'
          ? new Reply(403, over, { ...headers, ...challenge(parts, id as string) })
          : new Reply(200, refreshed.instructions, { ...headers, 'set-cookie': refreshed.cookie })
      },
    }),
  ]
}
