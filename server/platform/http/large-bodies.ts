import type { Readable } from 'node:stream'
import { refuseRequest } from './errors.ts'
import { network } from './limits.ts'

/** So much any body may be that is held as a whole: connections alone bound how many there are. */
const smallBytes = 65_536

/**
 * Large bodies of whom nobody knows, while they come: each is in memory until its last byte is there, and only then it is looked at. Together
 * they are so much and no more, and those of one network a part of it.
 */
export class LargeBodies {
  readonly #maxBytes: number
  readonly #maxOfNetwork: number
  readonly #from = new Map<string, number>()
  #bytes = 0

  constructor(maxBytes = 134_217_728, maxOfNetwork = maxBytes / 8) {
    this.#maxBytes = maxBytes
    this.#maxOfNetwork = maxOfNetwork
  }

  /**
   * Counts a body until it is there, or its sender is gone.
   *
   * @param mayBe what it says of its length, or the most that it may be.
   * @throws Refusal SERVER_BUSY
   */
  enter(body: Readable, address: string, mayBe: number): void {
    // Of one that is gone already nobody would say so again.
    if (mayBe <= smallBytes || isGone(body)) return
    const from = network(address)
    const theirs = (this.#from.get(from) ?? 0) + mayBe
    if (theirs > this.#maxOfNetwork || this.#bytes + mayBe > this.#maxBytes)
      throw refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 })
    this.#from.set(from, theirs)
    this.#bytes += mayBe
    body.once('close', () => {
      this.#bytes -= mayBe
      const left = (this.#from.get(from) ?? mayBe) - mayBe
      if (left > 0) this.#from.set(from, left)
      else this.#from.delete(from)
    })
  }
}

/** Of HTTP/2 the request itself does not say. */
const isGone = (body: Readable & { readonly stream?: { readonly destroyed: boolean } }): boolean =>
  body.destroyed || body.stream?.destroyed === true
