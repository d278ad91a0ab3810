import type { Deliver } from './deliver.ts'

const atOnce = 4
const maxWaiting = 256
const patienceMs = 5_000

/**
 * Carries messages out in the background, a few at a time. What does not fit, and what it was doing when the process ended,
 * is left to the job: the outbox forgets nothing.
 */
export class Courier {
  readonly #deliver: Deliver
  readonly #waiting: string[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #stopping = new AbortController()

  constructor(deliver: Deliver) {
    this.#deliver = deliver
  }

  /** Delivers one message, now or as soon as there is room. Never throws. */
  soon(id: string): void {
    if (this.#stopping.signal.aborted || this.#waiting.length >= maxWaiting) return
    this.#waiting.push(id)
    this.#next()
  }

  /** Delivers all that is due, until there is nothing left or `signal` says so. */
  async due(signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#stopping.signal])
    const untilNone = async () => {
      while (!both.aborted) if (!(await this.#deliver(null, both))) return
    }
    await Promise.all(Array.from({ length: atOnce }, untilNone))
  }

  /** Resolves once nothing is under way here. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Takes nothing new; what is under way has five seconds, and is tried again by somebody else otherwise. */
  async stop(): Promise<void> {
    this.#waiting.length = 0
    const timer = setTimeout(() => this.#stopping.abort(), patienceMs)
    await this.idle()
    clearTimeout(timer)
    this.#stopping.abort()
  }

  #next(): void {
    if (this.#running.size >= atOnce) return
    const id = this.#waiting.shift()
    if (id === undefined) return
    const run: Promise<void> = this.#deliver(id, this.#stopping.signal)
      .then(() => {})
      .finally(() => {
        this.#running.delete(run)
        this.#next()
      })
    this.#running.add(run)
  }
}
