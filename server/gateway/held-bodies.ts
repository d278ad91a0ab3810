import { Readable } from 'node:stream'
import { refuseRequest } from '../platform/http/errors.ts'
import type { BodyProof } from '../platform/http/ports.ts'
import { HeldBytes } from './held-bytes.ts'

const maxTogether = 64

/**
 * Bodies of signed requests: none of their bytes is passed on before all of them are there and have the digest that was signed. So each
 * is held, up to a size, and only so many at once.
 */
export class HeldBodies {
  readonly #maxBytes: number
  readonly #held: HeldBytes

  /** @param maxBytes the largest of them; all together may be 64 times as large, and those from one network 16 times. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#held = new HeldBytes(maxBytes * maxTogether)
  }

  /**
   * Reads a body to its end and holds it to what was signed; the nonce is burnt last.
   *
   * @param address of the sender.
   * @param done called with a function that lets go of the memory: once the request was answered.
   * @returns the same bytes, to be passed on.
   * @throws Refusal REQUEST_TOO_LARGE, SERVER_BUSY, REQUEST_INVALID where the sender went away, and what the proof throws.
   */
  async hold(
    payload: Readable,
    declared: string | undefined,
    proof: BodyProof,
    address: string,
    done: (release: () => void) => void,
  ): Promise<Readable> {
    // Said beforehand, and refused before it is read.
    if (Number(declared ?? 0) > this.#maxBytes) throw this.#tooLarge()
    const parts: Buffer[] = []
    const held = this.#held.begin(address)
    done(() => held.end())
    try {
      // What is left over is not read: the answer must still reach whoever sent too much.
      for await (const part of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        if (held.over) throw endedEarly()
        const room = held.add(part.length)
        if (held.length > this.#maxBytes) throw this.#tooLarge()
        if (!room) throw refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 })
        parts.push(part)
      }
    } catch (error) {
      // What a connection throws that broke off in the middle.
      if ((error as { code?: unknown }).code !== 'ECONNRESET') throw error
      throw endedEarly()
    }
    if (held.over) throw endedEarly()
    const body = Buffer.concat(parts, held.length)
    if (held.length > 0) proof.hold(body)
    await proof.end()
    return Readable.from(held.length > 0 ? [body] : [], { objectMode: false })
  }

  #tooLarge() {
    return refuseRequest('REQUEST_TOO_LARGE', { limitBytes: this.#maxBytes })
  }
}

const endedEarly = () => refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
