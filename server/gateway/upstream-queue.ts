import { AdaptiveLimit } from '@custodia/edge/overload/adaptive-limit.ts'
import { network } from '../platform/http/limits.ts'
import { refuse } from './errors.ts'

/** As many connections as the gateway opens to one application at most. */
export const maxUpstreamConnections = 256
const figures = { start: 64, min: 8, max: maxUpstreamConnections }
const maxWaiting = 256
const maxWaitMs = 1_000

/** The place of one request among those that an application is asked at once. Given back once, by whatever comes first. */
export type Place = {
  /** The body is whole. Before that it is up to the client, too, when the answer comes. */
  arrived(): void
  /** The answer has begun: what it still takes to come is up to the client, too. */
  answered(): void
  /** It did not begin in time. */
  late(): void
  /** The client went away, or nobody could be asked. */
  gone(): void
}

type Waiting = { readonly since: number; go(): void; refuse(): void }

/**
 * How many requests one application is asked at once: as many as it answers about as fast as ever. A few more wait shortly for a place;
 * whoever finds too many waiting, or waits too long, is told so at once and not kept.
 */
export class UpstreamQueue {
  readonly #limit = new AdaptiveLimit(figures)
  readonly #waiting: Waiting[] = []
  /** Bodies that are not whole, by the network they come from. */
  readonly #arriving = new Map<string, number>()
  #allArriving = 0
  #late: NodeJS.Timeout | null = null
  readonly #refused: () => void
  readonly #nowMs: () => number

  /** @param refused called for each that found no place. @param nowMs a clock that never goes back. */
  constructor(refused: () => void, nowMs: () => number = () => performance.now()) {
    this.#refused = refused
    this.#nowMs = nowMs
  }

  /** @returns a promise only where somebody has to wait. @throws Refusal GATEWAY_UPSTREAM_BUSY, also by the promise. */
  enter(): Place | Promise<Place> {
    return this.#enter(null)
  }

  /**
   * For a request that is passed on before its body is whole, and so may take as long as its sender likes: of the places one network has a
   * quarter for those, and all together half.
   *
   * @returns and throws as `enter` does.
   */
  enterArriving(address: string): Place | Promise<Place> {
    const from = network(address)
    const theirs = this.#arriving.get(from) ?? 0
    const { limit } = this.#limit
    if (theirs >= limit >> 2 || this.#allArriving >= limit >> 1) throw this.#busy()
    this.#arriving.set(from, theirs + 1)
    this.#allArriving += 1
    let counted = true
    const arrived = () => {
      if (!counted) return
      counted = false
      const left = (this.#arriving.get(from) ?? 1) - 1
      if (left > 0) this.#arriving.set(from, left)
      else this.#arriving.delete(from)
      this.#allArriving -= 1
    }
    return this.#enter(arrived)
  }

  #enter(arrived: (() => void) | null): Place | Promise<Place> {
    if (this.#waiting.length === 0 && this.#limit.enter()) return this.#place(arrived)
    if (this.#waiting.length >= maxWaiting) {
      arrived?.()
      throw this.#busy()
    }
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        since: this.#nowMs(),
        go: () => resolve(this.#place(arrived)),
        refuse: () => {
          arrived?.()
          reject(this.#busy())
        },
      }
      this.#waiting.push(one)
      this.#expireAfter(maxWaitMs)
    })
  }

  /** One timer for all: of as many as wait, most are long gone when a second is over. */
  #expireAfter(ms: number): void {
    this.#late ??= setTimeout(() => this.#expire(), ms).unref()
  }

  /** In the order in which they came, so that those that have waited too long stand first. */
  #expire(): void {
    this.#late = null
    const now = this.#nowMs()
    while (this.#waiting[0] !== undefined && this.#waiting[0].since <= now - maxWaitMs + 1)
      this.#waiting.shift()?.refuse()
    const [first] = this.#waiting
    if (first !== undefined) this.#expireAfter(first.since + maxWaitMs - now)
  }

  /** @param arrived called once the body is whole, or nobody sends it any more; null where it is whole already. */
  #place(arrived: (() => void) | null): Place {
    let since = arrived === null ? this.#nowMs() : null
    let held = true
    const leave = (took: number | 'late' | null) => {
      if (!held) return
      held = false
      this.#limit.leave(took)
      while (this.#waiting.length > 0 && this.#limit.enter()) this.#waiting.shift()?.go()
    }
    return {
      arrived: () => {
        since ??= this.#nowMs()
        arrived?.()
      },
      answered: () => leave(since === null ? null : this.#nowMs() - since),
      late: () => leave('late'),
      gone: () => {
        leave(null)
        arrived?.()
      },
    }
  }

  #busy() {
    this.#refused()
    return refuse('GATEWAY_UPSTREAM_BUSY', { retryAfterSeconds: 2 })
  }
}
