import { AdaptiveLimit } from '@custodia/edge/overload/adaptive-limit.ts'
import { refuse } from './errors.ts'

/** As many connections as the gateway opens to one application at most. */
export const maxUpstreamConnections = 256
const figures = { start: 64, min: 8, max: maxUpstreamConnections }
const maxWaiting = 256
const maxWaitMs = 1_000

/** The place of one request among those that an application is asked at once. Given back once, by whatever comes first. */
export type Place = {
  /** The answer has begun: what it still takes to come is up to the client, too. */
  answered(): void
  /** It did not begin in time. */
  late(): void
  /** The client went away, or nobody could be asked. */
  gone(): void
}

type Waiting = { readonly since: number; go(place: Place): void; refuse(): void }

/**
 * How many requests one application is asked at once: as many as it answers about as fast as ever. A few more wait shortly for a place;
 * whoever finds too many waiting, or waits too long, is told so at once and not kept.
 */
export class UpstreamQueue {
  readonly #limit = new AdaptiveLimit(figures)
  readonly #waiting: Waiting[] = []
  readonly #refused: () => void
  readonly #nowMs: () => number

  /** @param refused called for each that found no place. @param nowMs a clock that never goes back. */
  constructor(refused: () => void, nowMs: () => number = () => performance.now()) {
    this.#refused = refused
    this.#nowMs = nowMs
  }

  /** @returns a promise only where somebody has to wait. @throws Refusal GATEWAY_UPSTREAM_BUSY, also by the promise. */
  enter(): Place | Promise<Place> {
    if (this.#waiting.length === 0 && this.#limit.enter()) return this.#place()
    if (this.#waiting.length >= maxWaiting) throw this.#busy()
    return new Promise((resolve, reject) => {
      const one: Waiting = { since: this.#nowMs(), go: resolve, refuse: () => reject(this.#busy()) }
      this.#waiting.push(one)
      const late = setTimeout(() => this.#expire(), maxWaitMs)
      late.unref()
    })
  }

  /** In the order in which they came, so that those that have waited too long stand first. */
  #expire(): void {
    const until = this.#nowMs() - maxWaitMs + 1
    while (this.#waiting[0] !== undefined && this.#waiting[0].since <= until) this.#waiting.shift()?.refuse()
  }

  #place(): Place {
    const since = this.#nowMs()
    let held = true
    const leave = (took: number | 'late' | null) => {
      if (!held) return
      held = false
      this.#limit.leave(took)
      while (this.#waiting.length > 0 && this.#limit.enter()) this.#waiting.shift()?.go(this.#place())
    }
    return {
      answered: () => leave(this.#nowMs() - since),
      late: () => leave('late'),
      gone: () => leave(null),
    }
  }

  #busy() {
    this.#refused()
    return refuse('GATEWAY_UPSTREAM_BUSY', { retryAfterSeconds: 2 })
  }
}
