import { Readable } from 'node:stream'
import { refuseRequest } from '../platform/http/errors.ts'
import type { BodyProof } from '../platform/http/ports.ts'
import type { Held } from './held-bytes.ts'
import { HeldBytes } from './held-bytes.ts'

const maxTogether = 64

/** What a body brought: as many bytes as were wanted at most, or as there was room for, and a piece more; `rest` where some may come still. */
type Gathered = { readonly bytes: Buffer; readonly rest: 'none' | 'more' | 'no-room' }

/**
 * Bodies of which none of the bytes is passed on before all of them are there: those that were signed have to have the digest that was
 * signed, and small ones keep no application waiting. So each is held, up to a size, and only so many at once.
 */
export class HeldBodies {
  readonly #maxBytes: number
  readonly #held: HeldBytes

  /** @param maxBytes the largest that is signed; all together may be 64 times as large, and those from one network 16 times. */
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
    const held = this.#held.begin(address)
    done(() => held.end())
    const { bytes, rest } = await gather(payload, held, this.#maxBytes)
    if (rest === 'more') throw this.#tooLarge()
    if (rest === 'no-room') throw refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 })
    if (bytes.length > 0) proof.hold(bytes)
    await proof.end()
    return streamOf(bytes)
  }

  /**
   * Waits for the end of a small body, so that nobody else has to.
   *
   * @param most bytes that are waited for.
   * @param done as for `hold`.
   * @returns the same bytes; null where they are more, or there is no room: then nothing was taken from the body.
   * @throws Refusal REQUEST_INVALID where the sender went away.
   */
  async wait(
    payload: Readable,
    most: number,
    address: string,
    done: (release: () => void) => void,
  ): Promise<Readable | null> {
    const held = this.#held.begin(address)
    done(() => held.end())
    const { bytes, rest } = await gather(payload, held, most)
    if (rest === 'none') return streamOf(bytes).once('close', () => held.end())
    held.end()
    payload.unshift(bytes)
    return null
  }

  #tooLarge() {
    return refuseRequest('REQUEST_TOO_LARGE', { limitBytes: this.#maxBytes })
  }
}

/**
 * Reads as a client is to be measured: it flows, so that whoever sends too slowly is found by that. What is left over is not read: the answer
 * must still reach whoever sent too much.
 */
function gather(payload: Readable, held: Held, most: number): Promise<Gathered> {
  return new Promise((resolve, reject) => {
    // Copied together at once: of a body that comes byte by byte the pieces would take a hundred times its size.
    let bytes = Buffer.alloc(0)
    let length = 0
    const stop = () => {
      payload.off('data', take).off('end', whole).off('error', failed).off('close', gone)
    }
    const come = (rest: Gathered['rest']) => {
      stop()
      resolve({ bytes: bytes.subarray(0, length), rest })
    }
    const take = (part: Buffer) => {
      if (held.over) return gone()
      const room = held.add(part.length)
      if (length + part.length > bytes.length) {
        const larger = Buffer.allocUnsafe(Math.max(length + part.length, Math.min(length * 2, most)))
        bytes.copy(larger, 0, 0, length)
        bytes = larger
      }
      length += part.copy(bytes, length)
      if (room && length <= most) return
      payload.pause()
      come(room ? 'more' : 'no-room')
    }
    // A stream of HTTP/2 that was reset ends, too.
    const whole = () => (held.over ? gone() : come('none'))
    const gone = () => failed(null)
    const failed = (error: (Error & { code?: unknown }) | null) => {
      stop()
      // What a connection throws that broke off in the middle.
      reject(error === null || error.code === 'ECONNRESET' ? endedEarly() : error)
    }
    if (payload.readableEnded) return whole()
    if (payload.destroyed) return gone()
    payload.on('end', whole).on('error', failed).on('close', gone).on('data', take)
  })
}

const streamOf = (bytes: Buffer) => Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false })
const endedEarly = () => refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
