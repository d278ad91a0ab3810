import { timingSafeEqual } from 'node:crypto'
import type { Payload } from 'altcha-lib'
import { verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Parts } from '../parts.ts'
import type { Work } from './demand.ts'
import { workSeconds, workSecret, workSubject } from './demand.ts'

export const maxProofCharacters = 4_096

/**
 * Takes a proof of work: ALTCHA's payload, base64 of `{ challenge, solution }`. It is burnt once its signature holds and before
 * anything is derived from it, so that one challenge costs the server one derivation, however often it comes.
 *
 * @returns false where it is not one of ours, for something else, too late, used already, or wrong.
 */
export async function redeem(parts: Parts, work: Work, proof: string): Promise<boolean> {
  const payload = read(proof)
  if (payload === null || !isFor(parts, work, payload)) return false
  const { challenge, solution } = payload
  const { verified } = await verifySolution({
    challenge,
    solution,
    hmacSignatureSecret: workSecret(parts),
    deriveKey: async (...given) => {
      const first = await parts.guesses.once(`identity.work:${challenge.parameters.nonce}`, workSeconds + 1)
      return first ? await deriveKey(...given) : { derivedKey: new Uint8Array(0) }
    },
  })
  return verified
}

/** Before the signature was looked at: what is said here may be a lie, and then the signature does not hold. The subject says the purpose, too. */
function isFor(parts: Parts, work: Work, { challenge }: Payload): boolean {
  const { subject, until } = challenge.parameters.data ?? {}
  const now = parts.context.clock.nowMs() / 1_000
  return typeof until === 'number' && until > now && same(subject, workSubject(parts, work))
}

function same(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function read(proof: string): Payload | null {
  if (proof.length > maxProofCharacters || !/^[A-Za-z0-9+/]+={0,2}$/.test(proof)) return null
  let said: unknown
  try {
    said = JSON.parse(Buffer.from(proof, 'base64').toString('utf8'))
  } catch {
    return null
  }
  const { challenge, solution } = fields(said)
  const { parameters, signature } = fields(challenge)
  const { nonce, salt, algorithm, cost, keyLength, keyPrefix, data } = fields(parameters)
  const whole =
    [nonce, salt].every((text) => typeof text === 'string' && /^[0-9a-f]{32}$/.test(text)) &&
    typeof signature === 'string' &&
    algorithm === 'PBKDF2/SHA-256' &&
    [cost, keyLength].every(Number.isInteger) &&
    typeof keyPrefix === 'string' &&
    isPlain(data) &&
    isPlain(solution)
  return whole ? (said as Payload) : null
}

const isPlain = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  isPlain(value) ? (value as Record<string, unknown>) : {}
