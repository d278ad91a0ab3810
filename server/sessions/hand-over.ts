import { createHash, timingSafeEqual } from 'node:crypto'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { StartedSession } from './api.ts'
import { setCookie } from './cookie.ts'
import { insertHandle, supersedeHandles, trimHandles } from './handle-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { graceMs } from './rotate.ts'
import { timeoutsOf } from './timeouts.ts'
import { fingerprint, newToken, storedHash } from './token.ts'

const ttlSeconds = 60
/** More than one, since two tabs of one browser may arrive at once and keep either cookie. */
const handlesPerHost = 4
const shape = /^[A-Za-z0-9_-]{43}$/

type HandOver = {
  readonly sessionId: string
  readonly host: string
  readonly state: string
  /** What the cookie is worth with which the code was asked for: the new one is worth that, whatever happens meanwhile. */
  readonly factors: readonly string[]
  readonly authenticatedAtMs: number
}

const keyOf = (code: string) => `sessions.hand-over:${fingerprint(code)}`
const stateHash = (state: string) => createHash('sha256').update(state).digest('base64url')

/** Makes a code that carries a session to an application's host. Only hashes of the code and of the state are kept. */
export async function handOver(parts: Parts, principal: UserPrincipal, host: string, state: string): Promise<string> {
  const code = newToken(parts.context.random)
  const { sessionId, factors, authenticatedAtMs } = principal
  const carried: HandOver = { sessionId, host, state: stateHash(state), factors, authenticatedAtMs }
  await parts.context.cache.set(keyOf(code), JSON.stringify(carried), ttlSeconds)
  return code
}

/**
 * Turns a code into a cookie for `host`. Of many who bring the same code one gets it; one that comes to the wrong host or
 * without the browser's own state is used up by that.
 *
 * @returns null where the code does not hold, or the session is over.
 */
export async function redeem(parts: Parts, code: string, host: string, state: string): Promise<StartedSession | null> {
  if (!shape.test(code) || !shape.test(state)) return null
  const found = await parts.context.cache.take(keyOf(code))
  if (found === null) return null
  const carried = JSON.parse(found) as HandOver
  if (carried.host !== host || !timingSafeEqual(Buffer.from(carried.state), Buffer.from(stateHash(state)))) return null

  const token = newToken(parts.context.random)
  const { sessionId, factors, authenticatedAtMs } = carried
  const now = nowOf(parts)
  const provenAt = new Date(authenticatedAtMs)
  const handle = {
    token_hash: storedHash(token, parts.tokenKey),
    session_id: sessionId,
    host,
    created_at: now,
    factors,
    authenticated_at: provenAt,
    expires_at: new Date(authenticatedAtMs + timeoutsOf(parts.context.config, factors).absoluteMs),
  }
  return await parts.context.database.transaction(async (tx) => {
    if (!(await insertHandle(tx, handle))) return null
    // Cookies that are worth less go, after the grace; those of other tabs that are worth the same stay.
    const less = { provenBy: new Date(authenticatedAtMs - 1), madeBefore: new Date(0) }
    if (await supersedeHandles(tx, { sessionId, host }, less, { now, until: new Date(now.getTime() + graceMs) }))
      parts.ended.announceChange(tx, sessionId)
    await trimHandles(tx, sessionId, host, handlesPerHost)
    return { sessionId, cookie: setCookie(token) }
  })
}
