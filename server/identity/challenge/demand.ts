import { createHmac } from 'node:crypto'
import { createChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Refusal } from '../../platform/errors.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'

/** What a proof is good for, and nothing else. */
export type Work = {
  /** As in `sign-in`. */
  readonly purpose: string
  /** Keyed fingerprint, whether or not there is such an account. */
  readonly account: string
}

export const workSeconds = 300
/** 256 keys have to be derived on average. */
const keyPrefix = '00'
/** About a quarter of a second of one processor at the first level, and four at the last. */
const baseCost = 5_000
const maxLevel = 16

export const workSecret = ({ workKey }: Parts): string => workKey.toString('base64url')

/** What a challenge says of its account: nothing to whoever has not got the key. */
export const workSubject = ({ workKey }: Parts, { purpose, account }: Work): string =>
  createHmac('sha256', workKey).update(`${purpose}\0${account}`).digest('base64url').slice(0, 22)

/**
 * Makes the refusal that asks for work: an ALTCHA challenge (PBKDF2, v2), as JSON text in its details. It costs the server one
 * HMAC, holds for five minutes, for one purpose and one account, and works once.
 *
 * @param pressure 1 or more: how much harder than at first; whole doublings, up to 16 times.
 */
export async function demand(parts: Parts, work: Work, pressure: number): Promise<Refusal> {
  const level = Math.min(maxLevel, 2 ** Math.floor(Math.log2(Math.max(1, pressure))))
  const challenge = await createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: baseCost * level,
    keyPrefix,
    deriveKey,
    hmacSignatureSecret: workSecret(parts),
    // Not `expiresAt`: the library holds that against the system's clock and not against ours.
    data: {
      purpose: work.purpose,
      subject: workSubject(parts, work),
      until: Math.floor(parts.context.clock.nowMs() / 1_000) + workSeconds,
    },
  })
  return refuse('IDENTITY_PROOF_OF_WORK', { challenge: JSON.stringify(challenge) })
}
