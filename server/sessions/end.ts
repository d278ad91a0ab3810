import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { endSession, endSessions } from './store.ts'

/** Ends one session with all its cookies. @returns false where none was live. */
export async function end(
  parts: Parts,
  tx: Queries,
  { organisationId, sessionId, why, actor }: { organisationId: string; sessionId: string; why: string; actor: Actor },
): Promise<boolean> {
  const userId = await endSession(tx, organisationId, sessionId, why, nowOf(parts))
  if (userId === null) return false
  await parts.context.recorder.record(
    tx,
    event('session.ended', { organisationId, actor, subjectId: userId, data: { session: sessionId, why } }),
  )
  parts.ended.announce(tx, [sessionId])
  return true
}

/** Ends all of a person's sessions but one, in one write. @returns how many were live. */
export async function endAll(
  parts: Parts,
  tx: Queries,
  user: { organisationId: string; userId: string; exceptSessionId?: string },
  why: string,
  actor: Actor,
): Promise<number> {
  const except = user.exceptSessionId ?? null
  const ids = await endSessions(tx, user, except, why, nowOf(parts))
  if (ids.length === 0) return 0
  const { organisationId, userId } = user
  const data = { why, ended: ids.length, except }
  await parts.context.recorder.record(
    tx,
    event('sessions.ended-all', { organisationId, actor, subjectId: userId, data }),
  )
  for (const listener of parts.endAllListeners) await listener(tx, { organisationId, userId, why, actor, except })
  parts.ended.announce(tx, ids)
  return ids.length
}
