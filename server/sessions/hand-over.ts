import { createHash, timingSafeEqual } from 'node:crypto'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { StartedSession } from './api.ts'
import { setCookie } from './cookie.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { insertHandle, trimHandles } from './store.ts'
import { fingerprint, newToken, storedHash } from './token.ts'

const ttlSeconds = 60
/** More than one, since two tabs of one browser may arrive at once and keep either cookie. */
const handlesPerHost = 4
const shape = /^[A-Za-z0-9_-]{43}$/

type HandOver = { readonly sessionId: string; readonly host: string; readonly state: string }

const keyOf = (code: string) => `sessions.hand-over:${fingerprint(code)}`
const stateHash = (state: string) => createHash('sha256').update(state).digest('base64url')

/** Makes a code that carries a session to an application's host. Only hashes of the code and of the state are kept. */
export async function handOver(parts: Parts, principal: UserPrincipal, host: string, state: string): Promise<string> {
  const code = newToken(parts.context.random)
  const carried: HandOver = { sessionId: principal.sessionId, host, state: stateHash(state) }
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
  const { sessionId } = carried
  const handle = {
    token_hash: storedHash(token, parts.tokenKey),
    session_id: sessionId,
    host,
    created_at: nowOf(parts),
  }
  if (!(await insertHandle(parts.context.database.queries, handle))) return null
  await trimHandles(parts.context.database.queries, sessionId, host, handlesPerHost)
  return { sessionId, cookie: setCookie(token) }
}
