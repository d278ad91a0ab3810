import type { Clock } from '../platform/clock.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Event } from '../platform/events/event.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { NewEntry } from './entry.ts'
import { event as auditEvent } from './events.ts'

type Noted = { readonly event: Event; readonly id: string; readonly atMs: number }
type Gap = Noted & { readonly lost: number }

export type NoteQueueOptions = {
  /** Makes an entry of an event. What it throws costs that event only. */
  make(event: Event, id: string, atMs: number): Promise<NewEntry>
  /** Writes all or none; writing one twice must be harmless. */
  write(entries: readonly NewEntry[]): Promise<void>
  newId(): string
  readonly clock: Clock
  readonly log: Log
  /** Told of every event that is lost. */
  onLost(count: number): void
}

export const capacity = 4_096
const batchSize = 256
const delayMs = 50
const maxDelayMs = 1_000
/** With the delays between them, about half a minute in which the database may be away. */
const maxAttempts = 32
/** After this many, an event that cannot be made into an entry holds up the others no longer. */
const maxMakeAttempts = 8

/**
 * Group commit for events that have no transaction of their own. Bounded: what does not fit, or cannot be written, is
 * counted, and stands in the ledger as one gap event as soon as something can be written again.
 */
export class NoteQueue {
  readonly #options: NoteQueueOptions
  readonly #waiting: Noted[] = []
  #lost = 0
  /** The one to be written next. It stays the same until it is: a commit whose answer was lost is repeated. */
  #gap: Gap | null = null
  #attempts = 0
  #timer: NodeJS.Timeout | null = null
  #flushing: Promise<boolean> | null = null
  #closed = false

  constructor(options: NoteQueueOptions) {
    this.#options = options
  }

  /** Never waits and never throws. */
  add(event: Event): void {
    if (this.#closed || this.#waiting.length >= capacity) {
      this.#lose(1)
      return
    }
    this.#waiting.push({ event, id: this.#options.newId(), atMs: this.#options.clock.nowMs() })
    // While writing fails, the pause between attempts stands, however many come.
    if (this.#waiting.length === batchSize && this.#attempts === 0) this.#schedule(0)
    else if (this.#timer === null) this.#schedule(delayMs)
  }

  length(): number {
    return this.#waiting.length
  }

  /** Writes all that waits. @returns false where something still waits because it cannot be written now. */
  async drain(): Promise<boolean> {
    while (this.#waiting.length > 0 || this.#lost > 0) if (!(await this.#flush())) return false
    return true
  }

  /** Takes nothing more, and writes what waits. What cannot be written now is lost, and said in the log. */
  async close(): Promise<void> {
    this.#closed = true
    if (!(await this.drain())) {
      this.#lose(this.#waiting.length)
      this.#waiting.length = 0
      this.#options.log.error(
        { lost: this.#lost },
        'events were lost: the ledger could not be written when the server stopped',
      )
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(async () => {
      this.#timer = null
      const written = await this.#flush()
      const pause = Math.min(maxDelayMs, delayMs * 2 ** Math.min(this.#attempts, 10))
      if (this.#timer === null && !this.#closed && (this.#waiting.length > 0 || this.#lost > 0)) {
        this.#schedule(written ? 0 : pause)
      }
    }, ms)
    this.#timer.unref()
  }

  /** One batch, and never two at once. @returns false where it could not be written. */
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
    let unmade = 0
    try {
      const entries: NewEntry[] = []
      for (const noted of batch) {
        const entry = await this.#make(noted)
        if (entry !== null) entries.push(entry)
      }
      unmade = batch.length - entries.length
      if (this.#gap === null && this.#lost + unmade > 0) this.#gap = this.#gapOf(this.#lost + unmade)
      if (this.#gap !== null) entries.push(await this.#options.make(this.#gap.event, this.#gap.id, this.#gap.atMs))
      if (entries.length > 0) await this.#options.write(entries)
    } catch (error) {
      this.#attempts++
      this.#options.log.warn({ err: error, attempt: this.#attempts }, 'noted events could not be written')
      if (this.#attempts < maxAttempts) return false
      this.#lose(batch.length)
      this.#waiting.splice(0, batch.length)
      return false
    }
    this.#attempts = 0
    this.#waiting.splice(0, batch.length)
    // More may have been lost meanwhile: only what the gap event says is settled.
    this.#lost += unmade - (this.#gap?.lost ?? 0)
    this.#gap = null
    if (unmade > 0) this.#options.onLost(unmade)
    return true
  }

  async #make({ event, id, atMs }: Noted): Promise<NewEntry | null> {
    try {
      return await this.#options.make(event, id, atMs)
    } catch (error) {
      // A fault may pass (no key could be made while the database was away); a refusal stays one.
      if (!isRefusal(error) && this.#attempts < maxMakeAttempts) throw error
      this.#options.log.error({ err: error, type: event.type }, 'an event cannot be made into an entry')
      return null
    }
  }

  #gapOf(lost: number): Gap {
    const event = auditEvent('gap.noticed', { organisationId: null, actor: { kind: 'system' }, data: { lost } })
    return { event, id: this.#options.newId(), atMs: this.#options.clock.nowMs(), lost }
  }

  #lose(count: number): void {
    this.#lost += count
    this.#options.onLost(count)
  }
}
