import type { Queries } from '../../platform/database/database.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import type { LiveAttempt } from '../attempts/require-attempt.ts'
import { requireAttempt } from '../attempts/require-attempt.ts'
import { addProven } from '../attempts/store.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readPolicy } from '../policy/sign-in-policy.ts'
import { readPerson } from '../store.ts'
import type { Enrolling } from './offer.ts'

/** @throws Refusal IDENTITY_USER_UNKNOWN */
export async function enrollingIn(parts: Parts, principal: UserPrincipal): Promise<Enrolling> {
  const { queries } = parts.context.database
  const [person, { policy }] = await Promise.all([
    readPerson(queries, principal.id),
    readPolicy(queries, principal.organisationId),
  ])
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  return { person, bound: { kind: 'session', id: principal.sessionId }, policy, hold: async () => {} }
}

/**
 * Who must enrol before a sign-in under way goes on. Nobody else enrols there: a password alone would otherwise be enough to add a
 * passkey to somebody who has one.
 *
 * @throws Refusal IDENTITY_ATTEMPT_OVER, IDENTITY_FACTOR_NOT_ASKED.
 */
export async function enrollingAt(
  parts: Parts,
  head: RequestHead,
): Promise<{ readonly live: LiveAttempt; readonly enrolling: Enrolling }> {
  const live = await requireAttempt(parts, head)
  const { decision, person, attempt, policy } = live
  if (decision.kind !== 'enrol' || !decision.enrolable.includes('passkey')) throw refuse('IDENTITY_FACTOR_NOT_ASKED')
  const hold = async (tx: Queries) => {
    // The passkey and the sign-in that it is for stand or fall together: one that was ended meanwhile enrols nothing.
    if ((await addProven(tx, attempt.id, 'passkey', nowOf(parts))) === null) throw refuse('IDENTITY_ATTEMPT_OVER')
  }
  return { live, enrolling: { person, bound: { kind: 'attempt', id: attempt.id }, policy, hold } }
}
