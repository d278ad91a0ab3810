import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { readToken } from './cookie.ts'
import { deviceOf } from './device.ts'
import { event } from './events.ts'
import { deleteHandles, readByHandle } from './handle-store.ts'
import type { Parts } from './parts.ts'
import { handleHost, nowOf } from './parts.ts'
import { holdSession } from './state-store.ts'
import { storedHash } from './token.ts'

/** It came from another browser or platform; or it was sent after another cookie had taken its place. */
export type WhyHeld = 'other-browser' | 'replaced-cookie'

type Held = { readonly sessionId: string; readonly organisationId: string; readonly userId: string }

/**
 * Holds a session: from now on it serves nobody, neither the one who copied its cookie nor the one whose it is. Whoever proves again
 * who they are, with all that a sign-in asks of them, goes on in a new one, and this one ends by that. Of several requests at once one holds it.
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
export async function heldBehind(parts: Parts, queries: Queries, head: RequestHead): Promise<Held | null> {
  const token = readToken(head.headers.cookie)
  if (token === null) return null
  const now = nowOf(parts)
  const row = await readByHandle(queries, storedHash(token, parts.tokenKey), now)
  if (row === null || row.held_at === null || row.host !== handleHost(parts.context.publicUrl)(head.host)) return null
  if (row.expires_at !== null && row.expires_at <= now) return null
  const { id: sessionId, organisation_id: organisationId, user_id: userId } = row
  return { sessionId, organisationId, userId }
}
