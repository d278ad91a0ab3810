import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { StartedSession } from './api.ts'
import { setCookie } from './cookie.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { deleteHandles, insertHandle, supersedeHandles } from './handle-store.ts'
import type { Parts } from './parts.ts'
import { handleHost, nowOf } from './parts.ts'
import { readBinding } from './state-store.ts'
import { timeoutsOf } from './timeouts.ts'
import { newToken, storedHash } from './token.ts'

/**
 * How long a cookie that was replaced still serves, as what it was worth before: requests of other tabs are under way with it. It is
 * also how old a sibling must be to be replaced: of two tabs that prove a factor at once, either cookie may be the one that stays.
 */
export const graceMs = 10_000
/** How long it is known whose a replaced cookie was. */
export const rememberedMs = 3_600_000

export type Rotation = {
  /** RFC 8176 names of what was proven just now. */
  readonly factors: readonly string[]
  readonly head: RequestHead
}

/**
 * Replaces the cookie of a session by one that is worth more. Nothing that anybody held before gains by it: the old cookie goes, and
 * cookies of other hosts stay worth what they were until they are handed over anew.
 *
 * @throws Refusal SESSIONS_OVER where the session ended or was held meanwhile.
 */
export async function rotate(
  parts: Parts,
  tx: Queries,
  principal: UserPrincipal,
  { factors, head }: Rotation,
): Promise<StartedSession> {
  const { random, recorder, config, publicUrl } = parts.context
  const { id: userId, organisationId, sessionId } = principal
  const host = handleHost(publicUrl)(head.host)
  const now = nowOf(parts)
  const union = [...new Set([...principal.factors, ...factors])]
  const before = new Date(principal.authenticatedAtMs)
  const { absoluteMs } = timeoutsOf(config, union)
  // A bound session stays bound: its cookies live for minutes.
  const bound = host === null && (await readBinding(tx, sessionId, now)) !== null
  const boundSeconds = bound ? config.boundCookieSeconds : null
  const token = newToken(random)
  const ends = { now, until: new Date(now.getTime() + graceMs) }
  const which = { provenBy: before, madeBefore: new Date(now.getTime() - graceMs) }
  await supersedeHandles(tx, { sessionId, host }, which, ends)
  await deleteHandles(tx, sessionId, new Date(now.getTime() - rememberedMs))
  const handle = {
    token_hash: storedHash(token, parts.tokenKey),
    session_id: sessionId,
    host,
    created_at: now,
    factors: union,
    // Always later than what it replaces: by that they are told apart.
    authenticated_at: new Date(Math.max(now.getTime(), before.getTime() + 1)),
    expires_at: new Date(
      now.getTime() + (boundSeconds === null ? absoluteMs : Math.min(boundSeconds * 1000, absoluteMs)),
    ),
  }
  if (!(await insertHandle(tx, handle))) throw refuse('SESSIONS_OVER')
  const actor = { kind: 'user', id: userId } as const
  const data = { session: sessionId, factors: union }
  await recorder.record(tx, event('session.rotated', { organisationId, actor, subjectId: userId, data }))
  parts.ended.announceChange(tx, sessionId)
  return { sessionId, cookie: setCookie(token, boundSeconds) }
}
