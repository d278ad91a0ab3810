/**
 * Lets a few pieces of work run at once and a bounded number wait, first come first served. Each hash holds its memory for as
 * long as it runs: without this, a crowd at the sign-in page would be a crowd in memory.
 */
export class Queue {
  readonly #atOnce: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limits: { readonly atOnce: number; readonly maxWaiting: number }) {
    this.#atOnce = limits.atOnce
    this.#maxWaiting = limits.maxWaiting
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws what `full` makes, at once, where too many wait already. */
  async run<T>(work: () => Promise<T>, full: () => Error): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1
    else {
      if (this.#waiting.length >= this.#maxWaiting) throw full()
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
