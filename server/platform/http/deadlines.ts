/** One thing that must be over in time, with what happens where it is not. */
export type Timed = { readonly startedMs: number; overdue(): void }

const sweepMs = 250

/**
 * Calls what has taken too long. One timer serves all requests: to set and clear one for each costs more than most requests do
 * otherwise. Late by a quarter of a second at most, which for limits of seconds is no matter.
 */
export class Deadlines {
  readonly #limitMs: number
  readonly #nowMs: () => number
  // In the order of their beginnings, so that a sweep ends at the first that still has time.
  readonly #running = new Set<Timed>()
  readonly #timer: NodeJS.Timeout

  /** @param nowMs a clock that never goes back. */
  constructor(limitMs: number, nowMs: () => number = () => performance.now()) {
    this.#limitMs = limitMs
    this.#nowMs = nowMs
    this.#timer = setInterval(() => this.sweep(), sweepMs)
    this.#timer.unref()
  }

  get size(): number {
    return this.#running.size
  }

  begin(timed: Timed): void {
    this.#running.add(timed)
  }

  end(timed: Timed): void {
    this.#running.delete(timed)
  }

  sweep(): void {
    const latest = this.#nowMs() - this.#limitMs
    for (const timed of this.#running) {
      if (timed.startedMs > latest) break
      this.#running.delete(timed)
      timed.overdue()
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#running.clear()
  }
}
