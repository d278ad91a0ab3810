import type { FactorKind, TotpConfirmation, TotpOffer } from '@custodia/wire/http/factors.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import { advance } from '../attempts/advance.ts'
import type { LiveAttempt } from '../attempts/require-attempt.ts'
import { requireAttempt } from '../attempts/require-attempt.ts'
import { addProven } from '../attempts/store.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { confirmTotp, offerTotp } from './enrol-totp.ts'

/** @throws Refusal IDENTITY_ATTEMPT_OVER, IDENTITY_FACTOR_NOT_ASKED, IDENTITY_FACTORS_FULL. */
export async function offerTotpAtSignIn(parts: Parts, head: RequestHead): Promise<TotpOffer> {
  const live = await requireAttempt(parts, head)
  requireEnrolable(live, 'totp')
  return await offerTotp(parts, live.person)
}

export type EnrolledAtSignIn = { readonly progressed: Progressed; readonly recoveryCodes: readonly string[] | null }

/**
 * Enrols the authenticator app that a sign-in cannot do without, and goes on with it: a factor that was enrolled just now is proven.
 *
 * @throws Refusal IDENTITY_ATTEMPT_OVER, IDENTITY_FACTOR_NOT_ASKED, and what `confirmTotp` refuses.
 */
export async function enrolTotpAtSignIn(
  parts: Parts,
  body: TotpConfirmation,
  entrance: Entrance,
): Promise<EnrolledAtSignIn> {
  const live = await requireAttempt(parts, entrance.head)
  requireEnrolable(live, 'totp')
  const { attempt, person } = live
  const { recoveryCodes } = await confirmTotp(parts, person, body, {
    address: entrance.head.address,
    attemptId: attempt.id,
    // The factor and the sign-in that it is for stand or fall together: one that was ended meanwhile enrols nothing.
    async hold(tx) {
      if ((await addProven(tx, attempt.id, 'totp', nowOf(parts))) === null) throw refuse('IDENTITY_ATTEMPT_OVER')
    },
  })
  return { progressed: await advance(parts, live, 'totp', entrance), recoveryCodes }
}

/** Only who has nothing to prove may enrol with a password alone: otherwise a stolen one would add a factor of the thief's. */
function requireEnrolable({ decision }: LiveAttempt, kind: FactorKind): void {
  if (decision.kind !== 'enrol' || !decision.enrolable.includes(kind)) throw refuse('IDENTITY_FACTOR_NOT_ASKED')
}
