import type { Attempt, FactorKind } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Event } from '../platform/events/event.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { clearAttemptCookie } from './attempts/attempt-cookie.ts'
import { beginAttempt, showAttempt } from './attempts/begin-attempt.ts'
import type { AttemptRow } from './attempts/store.ts'
import { endAttempt } from './attempts/store.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { amrsOf } from './factors/table.ts'
import { notify } from './notices/notify.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Decision } from './policy/decide.ts'
import { agentOf } from './risk/agent.ts'
import type { Assessment } from './risk/assess.ts'
import { remember } from './risk/remember.ts'
import { sessionRisk } from './risk/session-risk.ts'
import type { PersonRow } from './store.ts'
import { writeLastSignIn } from './store.ts'

/** How a request came to be signed in. */
export type Entrance = {
  readonly head: RequestHead
  /** Whom this browser's cookie spoke for until now. */
  readonly replaces: UserPrincipal | null
}

/** Where a sign-in stands: over, with a session, or asking for more. */
export type Progressed = {
  readonly person: PersonRow
  /** Set-Cookie headers. */
  readonly cookies: readonly string[]
  /** Headers that offer the browser to bind its new session (`sessions/api.ts`). */
  readonly offer?: Readonly<Record<string, string>>
  /** Null where the person is signed in. */
  readonly attempt: Attempt | null
  readonly enrolBefore: Date | null
}

export type Proven = {
  readonly factors: readonly FactorKind[]
  /** By `judge`, for exactly these factors. */
  readonly decision: Decision
  /** The sign-in that goes on; null where it begins. */
  readonly attempt: AttemptRow | null
  /** True where it looked unlike the person's others. */
  readonly raised: boolean
  /** How much it did, where that was looked at: once, when a sign-in begins. */
  readonly risk?: Assessment
}

/**
 * Where every way in ends, after its factors were proven and in the transaction that says so: a session where they are enough
 * (`policy/decide.ts` decides that, and nothing else), otherwise a sign-in that asks for more.
 *
 * The new session never continues the one that the browser had: that one dies at once (ASVS 7.2.4).
 *
 * @throws Refusal IDENTITY_ATTEMPT_OVER where somebody else has finished this sign-in.
 */
export async function completeSignIn(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  { factors, decision, attempt, raised, risk }: Proven,
  { head, replaces }: Entrance,
): Promise<Progressed> {
  const { id: userId, organisation_id: organisationId } = person
  const actor = { kind: 'user', id: userId } as const
  const about = { organisationId, actor, subjectId: userId, personal: cameFrom(parts, head) }
  const assessed = async (became: { session: string } | { attempt: string }) => {
    if (risk === undefined) return
    await parts.context.recorder.record(tx, assessedEvent(parts, person, risk, head, became))
    if (risk.notify) await notify(parts, tx, person, 'unusual-sign-in', { address: head.address })
  }
  const score = risk === undefined ? (attempt?.risk ?? 0) : sessionRisk(risk.score)
  if (decision.kind !== 'enough') {
    if (attempt !== null)
      return { person, cookies: [], attempt: showAttempt(attempt, factors, decision), enrolBefore: null }
    const begun = await beginAttempt(parts, tx, person, factors, { raised, risk: score })
    await assessed({ attempt: begun.row.id })
    return { person, cookies: [begun.cookie], attempt: showAttempt(begun.row, factors, decision), enrolBefore: null }
  }
  const now = nowOf(parts)
  if (attempt !== null && !(await endAttempt(tx, attempt.id, now))) throw refuse('IDENTITY_ATTEMPT_OVER')
  await writeLastSignIn(tx, userId, now)
  if (replaces !== null) {
    const before = { kind: 'user', id: replaces.id } as const
    await parts.sessions.end(tx, replaces.organisationId, replaces.sessionId, 'replaced', before)
  }
  const names = await amrsOf(tx, factors, userId)
  const { unprovable } = decision
  const started = await parts.sessions.start(tx, {
    userId,
    organisationId,
    factors: names,
    head,
    unprovable,
    risk: score,
  })
  await assessed({ session: started.sessionId })
  const data = { session: started.sessionId, factors: names, attempt: attempt?.id ?? null, unprovable }
  await parts.context.recorder.record(tx, event('user.signed-in', { ...about, data }))
  const device = await remember(parts, tx, person, head, risk?.look ?? null)
  return {
    person,
    cookies: [started.cookie, device, ...(attempt === null ? [] : [clearAttemptCookie])],
    offer: started.offer,
    attempt: null,
    enrolBefore: decision.enrolBefore,
  }
}

/** How a sign-in compared, and what became of it: nothing, where it was refused for that. */
export function assessedEvent(
  parts: Parts,
  { id, organisation_id: organisationId }: PersonRow,
  { score, verdict, parts: shares }: Assessment,
  head: RequestHead,
  became: { readonly session?: string; readonly attempt?: string } = {},
): Event {
  const about = { organisationId, actor: { kind: 'user', id } as const, subjectId: id, personal: cameFrom(parts, head) }
  const data = { score, verdict, parts: [...shares], session: null, attempt: null, ...became }
  return event('sign-in.assessed', { ...about, data })
}

/** Sealed with the event, so that the person can tell later whether it was them. */
function cameFrom({ risk }: Parts, { address, headers }: RequestHead) {
  const { browser, platform } = agentOf(headers['user-agent'])
  const device = browser === 'unknown' && platform === 'unknown' ? '' : `${browser} on ${platform}`
  return { address, device, country: risk.places.find(address).country }
}
