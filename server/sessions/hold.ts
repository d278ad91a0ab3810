import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { HeldSession, StartedSession } from './api.ts'
import { readToken, setCookie } from './cookie.ts'
import { deviceOf } from './device.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { deleteHandles, insertHandle, readByHandle } from './handle-store.ts'
import { lookOf } from './look.ts'
import { roomFor } from './make-room.ts'
import type { Parts } from './parts.ts'
import { handleHost, nowOf } from './parts.ts'
import { holdSession, releaseSession } from './state-store.ts'
import { timeoutsOf } from './timeouts.ts'
import { newToken, storedHash } from './token.ts'

export type WhyHeld = HeldSession['why']

/**
 * Holds a session: from now on it serves nobody, neither the one who copied its cookie nor the one whose it is, until a factor is
 * proven again. Of several requests at once one holds it.
 */
export async function hold(
  parts: Parts,
  session: { readonly id: string; readonly organisation_id: string; readonly user_id: string },
  why: WhyHeld,
  head: RequestHead,
): Promise<void> {
  const { database, recorder } = parts.context
  await database.transaction(async (tx) => {
    if (!(await holdSession(tx, session.id, why, nowOf(parts)))) return
    // Once they are forgotten, nobody can have the session held with them over and over.
    if (why === 'replaced-cookie') await deleteHandles(tx, session.id, nowOf(parts))
    await recorder.record(
      tx,
      event('session.held', {
        organisationId: session.organisation_id,
        actor: { kind: 'anonymous' },
        subjectId: session.user_id,
        data: { session: session.id, why },
        personal: { address: head.address, device: deviceOf(head.headers) },
      }),
    )
    // To whoever listens a held session is over: sockets close.
    parts.ended.announce(tx, [session.id])
  })
}

/** The session that this request's cookie would speak for if it were not held. */
export async function heldBehind(parts: Parts, queries: Queries, head: RequestHead): Promise<HeldSession | null> {
  const token = readToken(head.headers.cookie)
  if (token === null) return null
  const now = nowOf(parts)
  const row = await readByHandle(queries, storedHash(token, parts.tokenKey), now)
  if (row === null || row.held_at === null || row.host !== handleHost(parts.context.publicUrl)(head.host)) return null
  if (row.expires_at !== null && row.expires_at <= now) return null
  const { id: sessionId, organisation_id: organisationId, user_id: userId } = row
  return { sessionId, organisationId, userId, why: row.held_why as WhyHeld }
}

/**
 * Lets a held session go on, once its person has proven factors again: with a new cookie, worth those factors and no others, and
 * with the look of this request. Every cookie of before is gone, those of applications too.
 *
 * @throws Refusal SESSIONS_OVER where the session ended or is not held any more; SESSIONS_TOO_MANY.
 */
export async function release(
  parts: Parts,
  tx: Queries,
  held: Omit<HeldSession, 'why'>,
  { factors, head }: { readonly factors: readonly string[]; readonly head: RequestHead },
): Promise<StartedSession> {
  const { random, recorder, config, publicUrl } = parts.context
  const { sessionId, organisationId, userId } = held
  const now = nowOf(parts)
  await roomFor(parts, tx, held)
  const { browserHash, version, networkHash } = lookOf(head, sessionId, parts.lookKey)
  const look = { browser_hash: browserHash, browser_version: version, networks: [networkHash] }
  if (!(await releaseSession(tx, { organisationId, userId, id: sessionId }, look, now))) throw refuse('SESSIONS_OVER')
  await deleteHandles(tx, sessionId, null)
  const token = newToken(random)
  const handle = {
    token_hash: storedHash(token, parts.tokenKey),
    session_id: sessionId,
    host: handleHost(publicUrl)(head.host),
    created_at: now,
    factors: [...factors],
    authenticated_at: now,
    expires_at: new Date(now.getTime() + timeoutsOf(config, factors).absoluteMs),
  }
  if (!(await insertHandle(tx, handle))) throw refuse('SESSIONS_OVER')
  await recorder.record(
    tx,
    event('session.released', {
      organisationId,
      actor: { kind: 'user', id: userId },
      subjectId: userId,
      data: { session: sessionId, factors: [...factors] },
      personal: { address: head.address, device: deviceOf(head.headers) },
    }),
  )
  parts.ended.announceChange(tx, sessionId)
  return { sessionId, cookie: setCookie(token) }
}
