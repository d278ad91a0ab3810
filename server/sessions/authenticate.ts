import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { readToken } from './cookie.ts'
import type { Parts } from './parts.ts'
import { handleHost } from './parts.ts'
import type { LiveRow } from './store.ts'
import { readByHandle, touchSession } from './store.ts'
import { fingerprint, storedHash } from './token.ts'

/**
 * How long one process may go on without asking the database: it is then that the use is written down, and that an end of
 * which the bus did not tell is noticed.
 */
const recheckMs = 60_000

/**
 * Finds whom a request's cookie speaks for. Answers at once from memory while the bus is known to be alive; both expiries are
 * held against the clock every time.
 */
export function authenticator(
  parts: Parts,
): (head: RequestHead) => UserPrincipal | null | Promise<UserPrincipal | null> {
  const { bus, clock, publicUrl } = parts.context
  const hostOf = handleHost(publicUrl)
  return (head) => {
    const token = readToken(head.headers.cookie)
    if (token === null) return null
    const key = fingerprint(token)
    const host = hostOf(head.host)
    if (bus.healthy()) {
      const known = parts.live.get(key)
      const nowMs = clock.nowMs()
      if (known !== undefined && nowMs < known.session.expiresAtMs && nowMs < known.session.recheckAtMs)
        return known.host === host ? known.session.principal : null
    }
    return read(parts, token, key, host)
  }
}

async function read(parts: Parts, token: string, key: string, host: string | null): Promise<UserPrincipal | null> {
  const { clock, bus, database } = parts.context
  const generation = parts.live.generation
  const now = new Date(clock.nowMs())
  const row = await readByHandle(database.queries, storedHash(token, parts.tokenKey), now)
  // A cookie that turns up on another host than its own was carried there by somebody.
  if (row === null || row.host !== host) return null
  const expires = await use(parts, row, now)
  if (expires === null) return null
  const principal: UserPrincipal = {
    kind: 'user',
    id: row.user_id,
    organisationId: row.organisation_id,
    roles: await parts.access.rolesOf(row.organisation_id, row.user_id),
    sessionId: row.id,
    factors: row.factors,
    authenticatedAtMs: row.authenticated_at.getTime(),
  }
  if (bus.healthy()) {
    const session = { principal, expiresAtMs: expires.getTime(), recheckAtMs: now.getTime() + recheckMs }
    parts.live.remember(key, { session, host }, generation)
  }
  return principal
}

/** Writes the use down where the last was written a minute ago. @returns when the session expires; null where it is over. */
async function use(parts: Parts, row: LiveRow, now: Date): Promise<Date | null> {
  if (now.getTime() - row.last_used_at.getTime() < recheckMs) return row.idle_expires_at
  const idleUntil = new Date(now.getTime() + parts.context.config.idleTimeoutSeconds * 1000)
  return await touchSession(parts.context.database.queries, row.id, now, idleUntil)
}
