/** One thing that must be over in time, and its place in the row of those that are under way, which is ours to write. */
export type Timed = {
  readonly startedMs: number
  /** What happens where it takes too long. */
  overdue(): void
  earlier: Timed | null
  later: Timed | null
}

const sweepMs = 250

/**
 * Calls what has taken too long. One timer serves all requests: to set and clear one for each costs more than most requests do
 * otherwise. Late by a quarter of a second at most, which for limits of seconds is no matter.
 */
export class Deadlines {
  readonly #limitMs: number
  readonly #nowMs: () => number
  // In the order of their beginnings, so that a sweep ends at the first that still has time. A row of its own, since a Set from which
  // everything is soon deleted is laid out anew again and again.
  #first: Timed | null = null
  #last: Timed | null = null
  readonly #timer: NodeJS.Timeout

  /** @param nowMs a clock that never goes back. */
  constructor(limitMs: number, nowMs: () => number = () => performance.now()) {
    this.#limitMs = limitMs
    this.#nowMs = nowMs
    this.#timer = setInterval(() => this.sweep(), sweepMs)
    this.#timer.unref()
  }

  /** Nothing may begin twice. */
  begin(timed: Timed): void {
    timed.earlier = this.#last
    if (this.#last === null) this.#first = timed
    else this.#last.later = timed
    this.#last = timed
  }

  /** May be called again, and for what was overdue. */
  end(timed: Timed): void {
    const { earlier, later } = timed
    if (earlier === null && this.#first !== timed) return
    if (earlier === null) this.#first = later
    else earlier.later = later
    if (later === null) this.#last = earlier
    else later.earlier = earlier
    timed.earlier = null
    timed.later = null
  }

  sweep(): void {
    const latest = this.#nowMs() - this.#limitMs
    for (let timed = this.#first; timed !== null && timed.startedMs <= latest; timed = this.#first) {
      this.end(timed)
      timed.overdue()
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
