/** A place that is held. */
export type Claim = { leave(): void }

/**
 * Lets a few pieces of work run at once and a bounded number wait, first come first served. Each hash holds its memory for as
 * long as it runs: without this, a crowd at the sign-in page would be a crowd in memory.
 */
export class Queue {
  readonly #atOnce: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0
  #claimed = 0

  constructor(limits: { readonly atOnce: number; readonly maxWaiting: number }) {
    this.#atOnce = limits.atOnce
    this.#maxWaiting = limits.maxWaiting
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Holds a place until `leave`, which is called right before `run`: whoever does something meanwhile, as paying for a try, does not then
   * find that there is no room.
   *
   * @throws what `full` makes, where too many wait already.
   */
  claim(full: () => Error): Claim {
    if (this.#full) throw full()
    this.#claimed += 1
    let held = true
    return {
      leave: () => {
        if (held) this.#claimed -= 1
        held = false
      },
    }
  }

  get #full(): boolean {
    return this.#running + this.#waiting.length + this.#claimed >= this.#atOnce + this.#maxWaiting
  }

  /** @throws what `full` makes, at once, where too many wait already. */
  async run<T>(work: () => Promise<T>, full: () => Error): Promise<T> {
    if (this.#full) throw full()
    if (this.#running < this.#atOnce) this.#running += 1
    else {
      // Whoever is done hands its place over, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
