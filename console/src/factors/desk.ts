import type { Challenge, FactorKind, Progress, Proof } from '@custodia/wire/http/factors.ts'
import { request } from '../api/request.ts'

/** Where proofs are handed in. */
export type Desk<Reply> = {
  readonly challenge: (factor: FactorKind) => Promise<Challenge>
  readonly prove: (proof: Proof) => Promise<Reply>
}

/** For a sign-in under way. */
export const signInDesk: Desk<Progress> = {
  challenge: (factor) => request('POST', '/v1/sign-in/challenge', { factor }),
  prove: (proof) => request('POST', '/v1/sign-in/factor', proof),
}

/** For a session that confirms itself. */
export const freshDesk: Desk<null> = {
  challenge: (factor) => request('POST', '/v1/me/fresh/challenge', { factor }),
  prove: (proof) => request('POST', '/v1/me/fresh', proof),
}
