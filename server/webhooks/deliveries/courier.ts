import type { Parts } from '../parts.ts'
import { claimNext } from './deliver.ts'

const mostUnderWay = 32
const patienceMs = 5_000

/** Carries messages out in the background: a receiver that is slow keeps nobody else waiting. What it does not finish, its claim gives back. */
export class Courier {
  readonly #parts: Parts
  readonly #running = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  #sending = 0
  #closed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Begins all that is due and has room; whatever ends makes room for the next. Where several processes do so at once, an endpoint may for
   * a moment have more under way than it should.
   */
  async begin(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#closed && this.#sending < mostUnderWay) {
      const next = await claimNext(this.#parts)
      if (next === null) return
      this.#sending += 1
      const run: Promise<void> = this.#carry(next)
        .catch((error) => this.#parts.context.log.error({ error }, 'the next webhook could not be looked for'))
        .finally(() => this.#running.delete(run))
      this.#running.add(run)
    }
  }

  async #carry(send: (stop: AbortSignal) => Promise<void>): Promise<void> {
    await send(this.#stopping.signal)
    this.#sending -= 1
    await this.begin(this.#stopping.signal)
  }

  /** Resolves once nothing is under way here. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** What is under way has five seconds, and is tried again by somebody else otherwise. */
  async stop(): Promise<void> {
    this.#closed = true
    const timer = setTimeout(() => this.#stopping.abort(), patienceMs)
    await this.idle()
    clearTimeout(timer)
    this.#stopping.abort()
  }
}
