import type { Instructions } from '@custodia/wire/http/sessions.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { cookieAttributes, cookieName, setCookie } from '../cookie.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { deleteHandles, insertHandle, readLatest, supersedeHandles } from '../handle-store.ts'
import type { Parts } from '../parts.ts'
import { handleHost, nowOf } from '../parts.ts'
import { graceMs, rememberedMs } from '../rotate.ts'
import { bindSession, readBinding, spendChallenge } from '../state-store.ts'
import { newToken, storedHash } from '../token.ts'
import { challengeTime, newChallenge } from './challenge.ts'
import type { DeviceKey } from './proof.ts'
import { broughtKey, provenChallenge } from './proof.ts'
import { quoted, unquoted } from './structured.ts'

export const registerPath = '/v1/sessions/bind'
export const refreshPath = '/v1/sessions/refresh'
const maxProof = 4_096

/** What a browser is answered that keeps its session bound. */
export type Bound = { readonly instructions: Instructions; readonly cookie: string }

/** The header that asks a browser to make a key for its session (DBSC §8.1). Those that don't know it ignore it. */
export function offer(parts: Parts, sessionId: string): Readonly<Record<string, string>> {
  if (!parts.context.config.deviceBound) return {}
  const { random, clock } = parts.context
  const challenge = newChallenge(parts.bindingKey, 'register', sessionId, random, clock.nowMs())
  return { 'secure-session-registration': `(ES256);path=${quoted(registerPath)};challenge=${quoted(challenge)}` }
}

/** The header with which a browser is asked to prove that it still has its key (DBSC §8.2). */
export function challenge(parts: Parts, sessionId: string): Readonly<Record<string, string>> {
  const { random, clock } = parts.context
  const made = newChallenge(parts.bindingKey, 'refresh', sessionId, random, clock.nowMs())
  return { 'secure-session-challenge': `${quoted(made)};id=${quoted(sessionId)}` }
}

/**
 * Binds a session to the key of its device: its cookie is replaced by one that lives for minutes, and only the key brings another.
 * A session is bound once.
 *
 * @throws Refusal SESSIONS_BINDING_REFUSED where the proof does not hold.
 */
export async function bind(parts: Parts, principal: UserPrincipal, head: RequestHead): Promise<Bound> {
  const { database, recorder, config, publicUrl } = parts.context
  const { id, organisationId, sessionId } = principal
  const proof = unquoted(head.headers['secure-session-response'], maxProof)
  const key = proof === null ? null : broughtKey(proof)
  if (!config.deviceBound || proof === null || key === null || handleHost(publicUrl)(head.host) !== null)
    throw refuse('SESSIONS_BINDING_REFUSED')
  const answered = await provenChallenge(proof, key, `${publicUrl}${registerPath}`)
  const now = nowOf(parts)
  const made = challengeTime(answered ?? '', {
    key: parts.bindingKey,
    purpose: 'register',
    sessionId,
    nowMs: now.getTime(),
  })
  if (made === null) throw refuse('SESSIONS_BINDING_REFUSED')
  return await database.transaction(async (tx) => {
    if (!(await bindSession(tx, sessionId, key, made, now))) throw refuse('SESSIONS_BINDING_REFUSED')
    const actor = { kind: 'user', id } as const
    await recorder.record(
      tx,
      event('session.bound', { organisationId, actor, subjectId: id, data: { session: sessionId } }),
    )
    return await shortCookie(parts, tx, sessionId, now)
  })
}

/**
 * Gives the next cookie to whoever proves that they have the key.
 *
 * @returns null where the session is not bound, held, or over; `refused` where the proof does not hold, or there is none.
 */
export async function refresh(parts: Parts, sessionId: string, head: RequestHead): Promise<Bound | 'refused' | null> {
  const { database, publicUrl } = parts.context
  const now = nowOf(parts)
  const key = (await readBinding(database.queries, sessionId, now)) as DeviceKey | null
  if (key === null) return null
  const proof = unquoted(head.headers['secure-session-response'], maxProof)
  if (proof === null) return 'refused'
  const answered = await provenChallenge(proof, key, `${publicUrl}${refreshPath}`)
  const about = { key: parts.bindingKey, purpose: 'refresh', sessionId, nowMs: now.getTime() } as const
  const made = challengeTime(answered ?? '', about)
  if (made === null) return 'refused'
  return await database.transaction(async (tx) => {
    if (!(await spendChallenge(tx, sessionId, made, now))) return 'refused'
    return await shortCookie(parts, tx, sessionId, now)
  })
}

type Tx = Parameters<typeof bindSession>[0]

/** Replaces the cookie of Custodia's own host by one that is worth as much and lives for minutes. */
async function shortCookie(parts: Parts, tx: Tx, sessionId: string, now: Date): Promise<Bound> {
  const { random, config, publicUrl } = parts.context
  const latest = await readLatest(tx, sessionId)
  if (latest === null) throw refuse('SESSIONS_OVER')
  const { factors, authenticated_at } = latest
  const ends = { now, until: new Date(now.getTime() + graceMs) }
  await supersedeHandles(tx, { sessionId, host: null }, { provenBy: authenticated_at, madeBefore: now }, ends)
  await deleteHandles(tx, sessionId, new Date(now.getTime() - rememberedMs))
  const token = newToken(random)
  const expires_at = new Date(now.getTime() + config.boundCookieSeconds * 1000)
  const token_hash = storedHash(token, parts.tokenKey)
  const handle = {
    token_hash,
    session_id: sessionId,
    host: null,
    created_at: now,
    factors,
    authenticated_at,
    expires_at,
  }
  if (!(await insertHandle(tx, handle))) throw refuse('SESSIONS_OVER')
  parts.ended.announceChange(tx, sessionId)
  return {
    cookie: setCookie(token, config.boundCookieSeconds),
    instructions: {
      session_identifier: sessionId,
      refresh_url: refreshPath,
      scope: { origin: new URL(publicUrl).origin, include_site: false },
      credentials: [{ type: 'cookie', name: cookieName, attributes: cookieAttributes }],
    },
  }
}
