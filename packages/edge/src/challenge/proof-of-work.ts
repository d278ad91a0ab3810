import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Challenge, Payload } from 'altcha-lib'
import { verifySolution } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'

export type ProofOfWorkNeeds = {
  /** 32 secret bytes, the same in every process. */
  readonly secret: Uint8Array
  /** Rounds of PBKDF2 at the first level: what a try costs whoever works, and what the one look at a solution costs the server. */
  readonly rounds: number
  /** What a derived key has to begin with, in hexadecimal: each digit is sixteen times as many tries. */
  readonly keyPrefix: string
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** How long a challenge may be solved. */
export const workSeconds = 300
export const maxProofCharacters = 4_096
const mostTimes = 16
const algorithm = 'PBKDF2/SHA-256'

/**
 * Challenges that ask for work, in ALTCHA's form (v2, PBKDF2). One costs the server an HMAC and nothing that it would have to remember; it
 * holds for five minutes and for one thing alone.
 */
export class ProofOfWork {
  readonly #needs: ProofOfWorkNeeds

  constructor(needs: ProofOfWorkNeeds) {
    this.#needs = needs
  }

  /**
   * @param about what the work is for, in the maker's own words; the challenge shows a keyed hash of it.
   * @param pressure 1 or more: how much harder than at first; whole doublings, up to 16 times.
   */
  ask(about: string, pressure: number): Challenge {
    const { rounds, keyPrefix, nowMs, randomBytes } = this.#needs
    const times = Math.min(mostTimes, 2 ** Math.floor(Math.log2(Math.max(1, pressure))))
    // In the order of their names, which is what is signed.
    const parameters = {
      algorithm,
      cost: rounds * times,
      // Not `expiresAt`: the library holds that against the system's clock and not against ours.
      data: { subject: this.#subject(about), until: Math.floor(nowMs() / 1_000) + workSeconds },
      keyLength: 32,
      keyPrefix,
      nonce: Buffer.from(randomBytes(16)).toString('hex'),
      salt: Buffer.from(randomBytes(16)).toString('hex'),
    }
    return { parameters, signature: this.#sign(JSON.stringify(parameters)) }
  }

  /**
   * Takes a proof: ALTCHA's payload, base64 of `{ challenge, solution }`. It is burnt once its signature holds and before anything is
   * derived from it, so that one challenge costs the server one derivation, however often it comes.
   *
   * @param burn asked once, with the challenge's nonce: whether this is its first time, and it may be looked at. What it remembers has to be
   * remembered for `workSeconds` and one more.
   * @returns the nonce; null where it is not one of ours, for something else, too late, used already, or wrong.
   */
  async redeem(about: string, proof: string, burn: (nonce: string) => Promise<boolean>): Promise<string | null> {
    const payload = read(proof)
    if (payload === null || !this.#isOurs(about, payload)) return null
    const { challenge, solution } = payload
    const { nonce } = challenge.parameters
    const { verified } = await verifySolution({
      challenge,
      solution,
      hmacSignatureSecret: this.#key,
      deriveKey: async (...given) =>
        (await burn(nonce)) ? await deriveKey(...given) : { derivedKey: new Uint8Array(0) },
    })
    return verified ? nonce : null
  }

  /** What costs next to nothing is asked first. The library looks at the signature once more. */
  #isOurs(about: string, { challenge: { parameters, signature } }: Payload): boolean {
    const { subject, until } = parameters.data ?? {}
    if (typeof until !== 'number' || until <= this.#needs.nowMs() / 1_000) return false
    if (!same(subject, this.#subject(about))) return false
    return same(signature, this.#sign(JSON.stringify(sorted({ ...parameters, data: sorted(parameters.data ?? {}) }))))
  }

  #subject(about: string): string {
    return createHmac('sha256', this.#needs.secret).update(about).digest('base64url').slice(0, 22)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }

  /** The library takes text for a key. */
  get #key(): string {
    return Buffer.from(this.#needs.secret).toString('base64url')
  }
}

export function same(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const sorted = (fields: object) => Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)))

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
  const { nonce, salt, algorithm: by, cost, keyLength, keyPrefix, data } = fields(parameters)
  const whole =
    [nonce, salt].every((text) => typeof text === 'string' && /^[0-9a-f]{32}$/.test(text)) &&
    typeof signature === 'string' &&
    by === algorithm &&
    [cost, keyLength].every(Number.isInteger) &&
    typeof keyPrefix === 'string' &&
    isPlain(data) &&
    isPlain(solution)
  return whole ? (said as Payload) : null
}

const isPlain = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  isPlain(value) ? (value as Record<string, unknown>) : {}
