import { ProofOfWork } from '@custodia/edge/challenge/proof-of-work.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Refusal } from '../../platform/errors.ts'
import type { Random } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'

/** What a proof is good for, and nothing else. */
export type Work = {
  /** As in `sign-in`. */
  readonly purpose: string
  /** Keyed fingerprint, whether or not there is such an account. */
  readonly account: string
}

/** About a quarter of a second of one processor at the first level, and four at the last; 256 keys have to be derived on average. */
export const proofOfWork = (secret: Buffer, { clock, random }: { readonly clock: Clock; readonly random: Random }) =>
  new ProofOfWork({
    secret,
    rounds: 5_000,
    keyPrefix: '00',
    nowMs: () => clock.nowMs(),
    randomBytes: (size) => random.bytes(size),
  })

export const aboutWork = ({ purpose, account }: Work): string => `${purpose}\0${account}`

/**
 * Makes the refusal that asks for work: an ALTCHA challenge, as JSON text in its details, for one purpose and one account.
 *
 * @param pressure 1 or more: how much harder than at first; whole doublings, up to 16 times.
 */
export const demand = ({ work }: Parts, about: Work, pressure: number): Refusal =>
  refuse('IDENTITY_PROOF_OF_WORK', { challenge: JSON.stringify(work.ask(aboutWork(about), pressure)) })
