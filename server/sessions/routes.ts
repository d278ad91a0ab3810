import { Id } from '@custodia/wire/http/common.ts'
import { Ended, Sessions } from '@custodia/wire/http/sessions.ts'
import { Type } from 'typebox'
import { actorOf } from '../platform/events/event.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { clearCookie } from './cookie.ts'
import { end, endAll } from './end.ts'
import { refuse } from './errors.ts'
import { list } from './list.ts'
import type { Parts } from './parts.ts'
import { readOwner } from './store.ts'

export function routes(parts: Parts): readonly Route[] {
  const { database } = parts.context
  const gone = new Reply(204, null, { 'set-cookie': clearCookie })
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/sessions',
      summary: 'List your live sessions.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: Sessions,
      handle: async ({ principal }) => ({
        items: await list(
          parts,
          { organisationId: principal.organisationId, userId: principal.id },
          principal.sessionId,
        ),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/users/:userId/sessions',
      summary: 'List the live sessions of a person of your organisation.',
      who: { permission: 'sessions:read' },
      limit: 'read',
      sensitive: false,
      params: Type.Object({ userId: Id('usr') }),
      reply: Sessions,
      handle: async ({ principal, params }) => ({
        items: await list(
          parts,
          { organisationId: principal.organisationId, userId: params.userId },
          principal.kind === 'user' ? principal.sessionId : null,
        ),
      }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/sessions/:sessionId',
      summary: 'End a session of yours or, with sessions:write, of your organisation.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      params: Type.Object({ sessionId: Id('ses') }),
      reply: Type.Null(),
      errors: ['SESSIONS_UNKNOWN'],
      handle: async ({ principal, params: { sessionId } }) => {
        if (!(await mayEnd(parts, principal, sessionId))) throw refuse('SESSIONS_UNKNOWN')
        const { organisationId, id } = principal
        const own = sessionId === principal.sessionId
        const actor = { kind: 'user', id } as const
        const why = own ? 'signed-out' : 'ended'
        const ended = await database.transaction((tx) => end(parts, tx, { organisationId, sessionId, why, actor }))
        if (!ended) throw refuse('SESSIONS_UNKNOWN')
        return own ? gone : null
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/sessions',
      summary: 'Sign out everywhere: end all your sessions, this one too.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      reply: Ended,
      handle: async ({ principal: { id, organisationId } }) => {
        const actor = { kind: 'user', id } as const
        const user = { organisationId, userId: id }
        const ended = await database.transaction((tx) => endAll(parts, tx, user, 'signed-out-everywhere', actor))
        return new Reply(200, { ended }, { 'set-cookie': clearCookie })
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/users/:userId/sessions',
      summary: 'End all sessions of a person of your organisation.',
      who: { permission: 'sessions:write' },
      limit: 'write',
      sensitive: false,
      params: Type.Object({ userId: Id('usr') }),
      reply: Ended,
      handle: async ({ principal, params: { userId } }) => {
        const user = { organisationId: principal.organisationId, userId }
        const ended = await database.transaction((tx) => endAll(parts, tx, user, 'ended', actorOf(principal)))
        return { ended }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sessions/end-others',
      summary: 'End all your sessions but this one.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      reply: Ended,
      handle: async ({ principal: { id, organisationId, sessionId } }) => {
        const user = { organisationId, userId: id, exceptSessionId: sessionId }
        const actor = { kind: 'user', id } as const
        return { ended: await database.transaction((tx) => endAll(parts, tx, user, 'ended-others', actor)) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-out',
      summary: 'End this session, and remove its cookie.',
      // A browser whose session is over already still wants to be rid of its cookie.
      who: 'anyone',
      limit: 'write',
      sensitive: false,
      reply: Type.Null(),
      handle: async ({ principal }) => {
        if (principal?.kind === 'user') {
          const { id, organisationId, sessionId } = principal
          const ending = { organisationId, sessionId, why: 'signed-out', actor: { kind: 'user', id } as const }
          await database.transaction((tx) => end(parts, tx, ending))
        }
        return gone
      },
    }),
  ]
}

/** One's own, or anybody's of the organisation by permission. Whoever may not learns nothing, not even that it exists. */
async function mayEnd(parts: Parts, principal: UserPrincipal, sessionId: string): Promise<boolean> {
  const owner = await readOwner(parts.context.database.queries, principal.organisationId, sessionId)
  if (owner === null) return false
  return owner === principal.id || (await parts.access.decide(principal, 'sessions:write')).allowed
}
