import type { Log } from '../../platform/telemetry/log.ts'

export type QueueOptions<Item> = {
  /** Writes all or none. */
  write(items: readonly Item[]): Promise<void>
  readonly log: Log
  onLost(count: number): void
  readonly capacity?: number
}

const batchSize = 256
const delayMs = 100
const maxDelayMs = 2_000
const maxAttempts = 20

/**
 * Group commit for what is worth keeping and not worth waiting for. Bounded: what does not fit, or can't be written for long, is counted
 * and gone.
 */
export class LogQueue<Item> {
  readonly #options: QueueOptions<Item>
  readonly #capacity: number
  readonly #waiting: Item[] = []
  #attempts = 0
  #timer: NodeJS.Timeout | null = null
  #flushing: Promise<boolean> | null = null
  #closed = false

  constructor(options: QueueOptions<Item>) {
    this.#options = options
    this.#capacity = options.capacity ?? 4_096
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Never waits and never throws. */
  add(item: Item): void {
    if (this.#closed || this.#waiting.length >= this.#capacity) {
      this.#options.onLost(1)
      return
    }
    this.#waiting.push(item)
    if (this.#waiting.length === batchSize && this.#attempts === 0) this.#schedule(0)
    else if (this.#timer === null) this.#schedule(delayMs)
  }

  /** Writes all that waits. @returns false where something can't be written now. */
  async drain(): Promise<boolean> {
    while (this.#waiting.length > 0) if (!(await this.#flush())) return false
    return true
  }

  /** Takes nothing more, and writes what waits. What can't be written now is lost. */
  async close(): Promise<void> {
    this.#closed = true
    if (!(await this.drain())) this.#lose(this.#waiting.length)
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(async () => {
      this.#timer = null
      const written = await this.#flush()
      const pause = Math.min(maxDelayMs, delayMs * 2 ** Math.min(this.#attempts, 10))
      if (this.#timer === null && !this.#closed && this.#waiting.length > 0) this.#schedule(written ? 0 : pause)
    }, ms)
    this.#timer.unref()
  }

  /** One batch, and never two at once. */
  async #flush(): Promise<boolean> {
    while (this.#flushing !== null) await this.#flushing
    this.#flushing = this.#writeBatch()
    try {
      return await this.#flushing
    } finally {
      this.#flushing = null
    }
  }

  async #writeBatch(): Promise<boolean> {
    const batch = this.#waiting.slice(0, batchSize)
    if (batch.length === 0) return true
    try {
      await this.#options.write(batch)
    } catch (error) {
      this.#attempts++
      this.#options.log.warn({ err: error, attempt: this.#attempts }, 'decisions could not be written to their log')
      if (this.#attempts < maxAttempts) return false
      this.#attempts = 0
      this.#lose(batch.length)
      return false
    }
    this.#attempts = 0
    this.#waiting.splice(0, batch.length)
    return true
  }

  #lose(count: number): void {
    this.#waiting.splice(0, count)
    this.#options.onLost(count)
  }
}
