export type AdaptiveFigures = {
  readonly start: number
  readonly min: number
  readonly max: number
}

export const defaultAdaptive: AdaptiveFigures = { start: 32, min: 8, max: 512 }

/** How much slower than usual answers may be before fewer are asked for at once. */
const tolerance = 2
/** How fast the average of the last answers moves, and what is usual: down at once, up hardly, since queues of our own making look usual soon. */
const weights = { recent: 1 / 30, down: 1 / 50, up: 1 / 50_000 }

/** Answers at the least limit, after which they are taken for what is usual. */
const patience = 100

/**
 * How many requests a server may be asked at once, found out by how long it takes to answer (the gradient of round-trip times): while
 * answers take as long as usual the limit grows, by its square root in each round, and when they take longer it shrinks in proportion, to a
 * half at most. A request that timed out takes a tenth away. At the least limit no queue is of our making: however long answers
 * take there for a while is what is usual. Time is a parameter.
 */
export class AdaptiveLimit {
  readonly #figures: AdaptiveFigures
  #limit: number
  #inFlight = 0
  #recentMs = 0
  #usualMs = 0
  #atLeast = 0

  constructor(figures: AdaptiveFigures = defaultAdaptive) {
    this.#figures = figures
    this.#limit = figures.start
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** @returns whether one more may be asked; then `leave` must follow, once. */
  enter(): boolean {
    if (this.#inFlight >= Math.floor(this.#limit)) return false
    this.#inFlight += 1
    return true
  }

  /** @param tookMs until the answer began; `late` where none came in time; null where that says nothing, as when the client went away. */
  leave(tookMs: number | 'late' | null): void {
    const crowded = this.#inFlight * 2 >= this.#limit
    this.#inFlight -= 1
    if (tookMs === null) return
    if (tookMs === 'late') return void this.#set(this.#limit * 0.9)
    const took = Math.max(tookMs, 0.1)
    if (this.#usualMs === 0) this.#recentMs = this.#usualMs = took
    this.#recentMs += (took - this.#recentMs) * weights.recent
    const { down, up } = weights
    this.#usualMs += (this.#recentMs - this.#usualMs) * (this.#recentMs < this.#usualMs ? down : up)
    this.#atLeast = this.#limit > this.#figures.min ? 0 : this.#atLeast + 1
    if (this.#atLeast >= patience) this.#usualMs = this.#recentMs
    // A limit that is not reached says nothing of what the server could do.
    if (!crowded) return
    const gradient = Math.min(1, Math.max(0.5, (tolerance * this.#usualMs) / this.#recentMs))
    this.#set(this.#limit + gradient - 1 + 1 / Math.sqrt(this.#limit))
  }

  #set(limit: number): void {
    this.#limit = Math.min(this.#figures.max, Math.max(this.#figures.min, limit))
  }
}
