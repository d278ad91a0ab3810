import type { Queries } from '../platform/database/database.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { StartedSession } from '../sessions/api.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import type { PersonRow } from './store.ts'

/** How a request came to be signed in. */
export type Entrance = {
  readonly head: RequestHead
  /** Whom this browser's cookie spoke for until now. */
  readonly replaces: UserPrincipal | null
}

/**
 * Where every way in ends, after its factors were proven and in the transaction that says so. What decides whether they are
 * enough stands here, and nowhere else.
 *
 * The new session never continues the one that the browser had: that one dies at once (ASVS 7.2.4).
 */
export async function completeSignIn(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  factors: readonly string[],
  { head, replaces }: Entrance,
): Promise<StartedSession> {
  const { id: userId, organisation_id: organisationId } = person
  const actor = { kind: 'user', id: userId } as const
  if (replaces !== null) {
    const before = { kind: 'user', id: replaces.id } as const
    await parts.sessions.end(tx, replaces.organisationId, replaces.sessionId, 'replaced', before)
  }
  const started = await parts.sessions.start(tx, { userId, organisationId, factors, head })
  const data = { session: started.sessionId, factors: [...factors] }
  await parts.context.recorder.record(tx, event('user.signed-in', { organisationId, actor, subjectId: userId, data }))
  return started
}
