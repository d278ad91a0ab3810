import type { Refusal } from '../platform/errors.ts'
import { assuranceOf } from '../platform/http/assurance.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { isToken, readValue } from './cookie.ts'
import { refuse } from './errors.ts'
import type { LiveRow } from './handle-store.ts'
import { readByHandle } from './handle-store.ts'
import { heedLook } from './heed-look.ts'
import { hold } from './hold.ts'
import type { Parts } from './parts.ts'
import { handleHost } from './parts.ts'
import { renew } from './renew.ts'
import { touchSession } from './store.ts'
import { timeoutsOf } from './timeouts.ts'
import { fingerprint, storedHash } from './token.ts'

/**
 * How long one process may go on without asking the database: it is then that the use is written down, and that an end of
 * which the bus did not tell is noticed.
 */
const recheckMs = 60_000
/** Addresses of one cookie that are remembered as seen: a browser may go on changing between IPv4 and IPv6. */
const maxAddresses = 4
/** Whatever stands beyond in a User-Agent is not remembered. */
const maxAgent = 512

type Found = UserPrincipal | null | Promise<UserPrincipal | null>

/**
 * Finds whom a request's cookie speaks for. Answers at once from memory while the bus is known to be alive and the request looks as
 * the last ones did; both expiries are held against the clock every time.
 */
export function authenticator(parts: Parts): (head: RequestHead) => Found {
  const { bus, clock, publicUrl } = parts.context
  const hostOf = handleHost(publicUrl)
  return (head) => {
    const token = readValue(head.headers.cookie)
    if (token === null) return null
    const key = fingerprint(token)
    const host = hostOf(head.host)
    if (bus.healthy()) {
      const known = parts.live.get(key)
      const nowMs = clock.nowMs()
      if (
        known !== undefined &&
        nowMs < known.session.expiresAtMs &&
        nowMs < known.session.recheckAtMs &&
        known.agent === agentOf(head) &&
        known.addresses.includes(head.address)
      )
        return known.host === host ? known.session.principal : null
    }
    // What is remembered was of the right form.
    return isToken(token) ? read(parts, head, { token, key, host }) : null
  }
}

/** Why nobody was found, where more is known than that nobody is signed in. */
export function whyNobody(parts: Parts): (head: RequestHead) => Refusal | null {
  return (head) => {
    const why = parts.refused.get(head)
    return why === undefined ? null : refuse('SESSIONS_HELD', { why })
  }
}

type Cookie = { readonly token: string; readonly key: string; readonly host: string | null }

async function read(parts: Parts, head: RequestHead, { token, key, host }: Cookie): Promise<UserPrincipal | null> {
  const { clock, bus, database } = parts.context
  const generation = parts.live.generation
  const now = new Date(clock.nowMs())
  const row = await readByHandle(database.queries, storedHash(token, parts.tokenKey), now)
  // A cookie that turns up on another host than its own was carried there by somebody.
  if (row === null || row.host !== host) return null
  const risk = await riskServed(parts, row, head, now)
  if (risk === null) return null
  const expires = await use(parts, row, now)
  if (expires === null) return null
  const standing = await parts.access.standingOf(row.organisation_id, row.user_id)
  const principal: UserPrincipal = {
    kind: 'user',
    id: row.user_id,
    organisationId: row.organisation_id,
    roles: standing.roles,
    sessionId: row.id,
    factors: row.factors,
    authenticatedAtMs: row.authenticated_at.getTime(),
    ...(risk === 0 ? {} : { risk }),
    ...staleness(row),
  }
  if (row.privileges_at !== null) {
    // Not remembered: its next request is looked at, too.
    if (host === null) await renew(parts, { ...row, privileges_at: row.privileges_at }, token, head)
  } else if (bus.healthy()) {
    const expiresAtMs = Math.min(expires.getTime(), row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY)
    // A role that ends makes whoever has it somebody else.
    const session = { principal, expiresAtMs, recheckAtMs: Math.min(now.getTime() + recheckMs, standing.untilMs) }
    const seen = parts.live.get(key)?.addresses.filter((address) => address !== head.address) ?? []
    const addresses = [head.address, ...seen.slice(0, maxAddresses - 1)]
    parts.live.remember(key, { session, host, agent: agentOf(head), addresses }, generation)
  }
  return principal
}

/** Whether what was proven counts as fresh, however lately that was. */
function staleness({ fresh_after, unprovable, authenticated_at, factors }: LiveRow): Pick<UserPrincipal, 'stale'> {
  if (unprovable && assuranceOf(factors) === 'one-factor') return { stale: 'unprovable' }
  return fresh_after !== null && authenticated_at <= fresh_after ? { stale: 'privileges' } : {}
}

const agentOf = ({ headers }: RequestHead): string => {
  const agent = headers['user-agent'] ?? ''
  return agent.length > maxAgent ? agent.slice(0, maxAgent) : agent
}

/** The session's risk, where the cookie still serves and whoever sends it looks as its session does; null where not. */
async function riskServed(parts: Parts, row: LiveRow, head: RequestHead, now: Date): Promise<number | null> {
  const over = row.expires_at !== null && row.expires_at <= now
  if (over) {
    // The browser has another one by now: whoever still sends this one copied it. Of a bound session they gain nothing.
    if (row.superseded_at !== null && row.host === null && row.held_at === null && row.bound_key === null)
      await hold(parts, row, 'replaced-cookie', head)
    return null
  }
  const risk = row.held_at === null ? await heedLook(parts, row, head) : null
  if (risk !== null) return risk
  parts.refused.set(head, row.held_why ?? 'other-browser')
  return null
}

/** Writes the use down where the last was written a minute ago. @returns when the session expires; null where it is over. */
async function use(parts: Parts, row: LiveRow, now: Date): Promise<Date | null> {
  if (now.getTime() - row.last_used_at.getTime() < recheckMs) return row.idle_expires_at
  const { config, database } = parts.context
  const idleUntil = new Date(now.getTime() + timeoutsOf(config, row.factors).idleMs)
  return await touchSession(database.queries, row.id, now, idleUntil)
}
