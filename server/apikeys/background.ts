import type { Log } from '../platform/telemetry/log.ts'

const mostWaiting = 1_000

/** Work for which no answer waits, one after the other. Bounded; a stop finishes what there is. */
export class Background {
  readonly #log: Log
  #waiting = 0
  #last: Promise<void> = Promise.resolve()

  constructor(log: Log) {
    this.#log = log
  }

  /** @returns false where too much waits already: nothing was taken. */
  soon(work: () => Promise<unknown>): boolean {
    if (this.#waiting >= mostWaiting) return false
    this.#waiting += 1
    this.#last = this.#last.then(work).then(
      () => {
        this.#waiting -= 1
      },
      (error) => {
        this.#waiting -= 1
        this.#log.error({ error }, 'work behind an answer failed')
      },
    )
    return true
  }

  /** Resolves once nothing waits. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#last
  }
}
