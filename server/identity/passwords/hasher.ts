import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import type { Claim, Queue } from '../queue.ts'
import type { ImportedHashes } from './foreign/imported-hashes.ts'
import type { Cost } from './phc.ts'
import { readPhc, writePhc } from './phc.ts'

const derive = promisify(argon2)
const saltBytes = 16 // RFC 9106 §3.1 recommends 16 for passwords.
const tagBytes = 32

const busy = () => refuse('IDENTITY_BUSY', { retryAfterSeconds: 2 })

type Needs = {
  /** Argon2's own secret input K (RFC 9106 §3.1): a stolen table can't be guessed at without it. */
  readonly pepper: Buffer
  readonly cost: Cost
  readonly random: Random
  readonly queue: Queue
  readonly imported: ImportedHashes
  /** Told how long each hash took. */
  readonly observe: (seconds: number) => void
}

/** Argon2id of the runtime, off the main thread, a few at once. Hashes from elsewhere are verified until their person signs in. */
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
   * @param stored null where there is nothing to compare with: the same work is done, and the answer is no. A hash that was imported
   * costs what it costs; where it does not match, a hash of our own is made as well.
   * @throws Refusal IDENTITY_BUSY
   */
  async verify(password: string, stored: string | null): Promise<boolean> {
    const known = stored === null ? null : readPhc(stored)
    if (known === null) {
      if (stored !== null && (await this.#matchesImported(password, stored))) return true
      await this.#derive(password, this.#decoy, this.#needs.cost, tagBytes)
      return false
    }
    return timingSafeEqual(await this.#derive(password, known.salt, known.cost, known.tag.length), known.tag)
  }

  /** A place for the next `verify`, from before the try is paid for: who is refused for want of room was not looked at. @throws Refusal IDENTITY_BUSY */
  claim(): Claim {
    return this.#needs.queue.claim(busy)
  }

  /** True where it was made with another cost than today's, or elsewhere. */
  outdated(stored: string): boolean {
    const cost = readPhc(stored)?.cost
    const today = this.#needs.cost
    return cost?.memoryKib !== today.memoryKib || cost.passes !== today.passes || cost.lanes !== today.lanes
  }

  async #matchesImported(password: string, stored: string): Promise<boolean> {
    const foreign = await this.#needs.imported.open(stored)
    if (foreign === null) return false
    // Elsewhere nobody may have composed what was typed; most keyboards do.
    const spellings = new Set([password, password.normalize('NFC')])
    for (const one of spellings) if (await this.#inTurn(() => foreign.matches(one))) return true
    return false
  }

  #derive(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
    const { pepper: secret, observe } = this.#needs
    const { memoryKib: memory, passes, lanes: parallelism } = cost
    const work = async () => {
      const message = Buffer.from(password.normalize('NFC'))
      const startedMs = performance.now()
      const tag = await derive('argon2id', { message, nonce, secret, memory, passes, parallelism, tagLength })
      observe((performance.now() - startedMs) / 1000)
      return tag
    }
    return this.#inTurn(work)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#needs.queue.run(work, busy)
  }
}
