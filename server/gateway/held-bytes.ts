import { network } from '../platform/http/limits.ts'

/** What is held for one request, or its reply. */
export type Held = {
  /** Bytes so far. */
  readonly length: number
  /** Whether nobody waits for it any more. */
  readonly over: boolean
  /** Counts so many more. @returns whether there is room for them. */
  add(bytes: number): boolean
  /** Lets go of all of it. */
  end(): void
}

/** Bytes that are held in memory for a moment: bounded together, and for one network at a quarter of that, so that nobody takes it all. */
export class HeldBytes {
  readonly #most: number
  readonly #byNetwork = new Map<string, number>()
  #total = 0

  constructor(most: number) {
    this.#most = most
  }

  begin(address: string): Held {
    const from = network(address)
    const count = (bytes: number) => {
      const theirs = (this.#byNetwork.get(from) ?? 0) + bytes
      this.#total += bytes
      if (theirs === 0) this.#byNetwork.delete(from)
      else this.#byNetwork.set(from, theirs)
      return this.#total <= this.#most && theirs <= this.#most / 4
    }
    let length = 0
    let over = false
    return {
      get length() {
        return length
      },
      get over() {
        return over
      },
      add(bytes) {
        length += bytes
        return over ? false : count(bytes)
      },
      end() {
        if (!over) count(-length)
        over = true
      },
    }
  }
}
