import type { Instructions } from '@custodia/wire/http/sessions.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { cookieAttributes, cookieName, readToken, setCookie } from '../cookie.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { deleteExpired, insertHandle, readByHandle, readLatest, supersedeHandles } from '../handle-store.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { graceMs } from '../rotate.ts'
import { bindSession, readBinding, spendChallenge } from '../state-store.ts'
import { newToken, storedHash } from '../token.ts'
import { challengeTime, newChallenge } from './challenge.ts'
import { registerPath } from './offer.ts'
import type { DeviceKey } from './proof.ts'
import { broughtKey, provenChallenge } from './proof.ts'
import { quoted, unquoted } from './structured.ts'

export const refreshPath = '/v1/sessions/refresh'
const maxProof = 4_096

/** What a browser is answered that keeps its session bound. */
export type Bound = { readonly instructions: Instructions; readonly cookie: string }

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
  const key = proof === null ? null : await broughtKey(proof)
  const elsewhere = head.host !== new URL(publicUrl).hostname
  if (!config.deviceBound || proof === null || key === null || elsewhere) throw refuse('SESSIONS_BINDING_REFUSED')
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
    const ends = { now, until: new Date(now.getTime() + graceMs) }
    await supersedeHandles(tx, { sessionId, host: null }, { provenBy: now, madeBefore: now }, ends)
    return await shortCookie(parts, tx, sessionId, now)
  })
}

/**
 * Gives the next cookie to whoever proves that they have the key. The one before lives on until its own end: answers get lost, and a
 * browser that did not get this one must not be signed out for it.
 *
 * @returns null where the session is not bound, held, or over, or the browser has another one by now; `refused` where the proof does
 * not hold, or there is none.
 */
export async function refresh(parts: Parts, sessionId: string, head: RequestHead): Promise<Bound | 'refused' | null> {
  const { database, publicUrl } = parts.context
  const now = nowOf(parts)
  const key = (await readBinding(database.queries, sessionId, now)) as DeviceKey | null
  if (key === null || (await hasAnother(parts, sessionId, head, now))) return null
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

/** Somebody may have signed in since, somebody else even: what an earlier session left in the browser must not sign them out. */
async function hasAnother(parts: Parts, sessionId: string, head: RequestHead, now: Date): Promise<boolean> {
  const token = readToken(head.headers.cookie)
  if (token === null) return false
  const row = await readByHandle(parts.context.database.queries, storedHash(token, parts.tokenKey), now)
  return row !== null && row.id !== sessionId
}

type Tx = Parameters<typeof bindSession>[0]

/** A cookie for Custodia's own host that is worth as much as the last and lives for minutes. */
async function shortCookie(parts: Parts, tx: Tx, sessionId: string, now: Date): Promise<Bound> {
  const { random, config, publicUrl } = parts.context
  const latest = await readLatest(tx, sessionId)
  if (latest === null) throw refuse('SESSIONS_OVER')
  const { factors, authenticated_at } = latest
  await deleteExpired(tx, sessionId, now)
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
