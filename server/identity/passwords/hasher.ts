import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import type { Queue } from '../queue.ts'
import type { Cost } from './phc.ts'
import { readPhc, writePhc } from './phc.ts'

const derive = promisify(argon2)
const saltBytes = 16 // RFC 9106 §3.1 recommends 16 for passwords.
const tagBytes = 32

type Needs = {
  /** Argon2's own secret input K (RFC 9106 §3.1): a stolen table can't be guessed at without it. */
  readonly pepper: Buffer
  readonly cost: Cost
  readonly random: Random
  readonly queue: Queue
  /** Told how long each hash took. */
  readonly observe: (seconds: number) => void
}

/** Argon2id of the runtime, off the main thread, a few at once. */
export class Hasher {
  readonly #needs: Needs
  readonly #decoy: Buffer

  constructor(needs: Needs) {
    this.#needs = needs
    this.#decoy = needs.random.bytes(saltBytes)
  }

  /**
   * @param password 1 to 1,024 characters, none of them dropped; composed to NFC, so that a keyboard's way of typing é is no matter.
   * @returns a PHC string.
   * @throws Refusal IDENTITY_BUSY where too many wait already.
   */
  async hash(password: string): Promise<string> {
    const { cost, random } = this.#needs
    const salt = random.bytes(saltBytes)
    return writePhc({ cost, salt, tag: await this.#derive(password, salt, cost, tagBytes) })
  }

  /**
   * @param stored null where there is nothing to compare with: the same work is done, and the answer is no.
   * @throws Refusal IDENTITY_BUSY
   */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const known = stored === null ? null : readPhc(stored)
    if (known === null) {
      await this.#derive(password, this.#decoy, this.#needs.cost, tagBytes)
      return false
    }
    return timingSafeEqual(await this.#derive(password, known.salt, known.cost, known.tag.length), known.tag)
  }

  /** True where it was made with another cost than today's. */
  outdated(stored: string): boolean {
    const cost = readPhc(stored)?.cost
    const today = this.#needs.cost
    return cost?.memoryKib !== today.memoryKib || cost.passes !== today.passes || cost.lanes !== today.lanes
  }

  #derive(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
    const { queue, pepper: secret, observe } = this.#needs
    const { memoryKib: memory, passes, lanes: parallelism } = cost
    const work = async () => {
      const message = Buffer.from(password.normalize('NFC'))
      const startedMs = performance.now()
      const tag = await derive('argon2id', { message, nonce, secret, memory, passes, parallelism, tagLength })
      observe((performance.now() - startedMs) / 1000)
      return tag
    }
    return queue.run(work, () => refuse('IDENTITY_BUSY', { retryAfterSeconds: 2 }))
  }
}
