import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { LogIdentity } from './log-identity.ts'
import { LedgerDistrusted, maxBatch, sequence } from './sequence.ts'
import type { Cursor, StoredCheckpoint } from './store.ts'
import { latestCheckpoint, newestWaiting, oldestWaiting } from './store.ts'

const pollMs = 250
// Long enough for one checkpoint to serve many entries: it costs ten statements and a signature.
const nudgeMs = 200
// Somebody waits.
const settleMs = 20

/** Runs `sequence` when something was recorded here, and now and then for what other processes recorded. */
export class Sequencer {
  readonly #database: Database
  readonly #identify: () => Promise<LogIdentity>
  readonly #clock: Clock
  readonly #log: Log
  #known: StoredCheckpoint | null = null
  #waitingSinceMs: number | null = null
  #timer: NodeJS.Timeout | null = null
  #dueAtMs = Number.POSITIVE_INFINITY
  #running: Promise<void> | null = null
  #stopped = false
  #distrusted = false
  #failure = ''

  constructor(database: Database, identify: () => Promise<LogIdentity>, clock: Clock, log: Log) {
    this.#database = database
    this.#identify = identify
    this.#clock = clock
    this.#log = log
  }

  /** Begins to keep time; a new ledger has its first checkpoint at once. */
  start(): void {
    this.#schedule(0)
  }

  /** Says that something was recorded and is about to commit. */
  nudge(): void {
    this.#schedule(nudgeMs)
  }

  /** Seconds that the oldest entry has waited for its place. */
  lagSeconds(): number {
    return this.#waitingSinceMs === null ? 0 : Math.max(0, this.#clock.nowMs() - this.#waitingSinceMs) / 1000
  }

  size(): number {
    return this.#known?.size ?? 0
  }

  /** True where the stored tree is not what was signed: nothing is placed until somebody has looked. */
  distrusted(): boolean {
    return this.#distrusted
  }

  /** Places all that can be placed now, unless another process is at it. Never at once with itself. */
  async run(): Promise<void> {
    while (this.#running !== null) await this.#running
    const running = this.#run()
    this.#running = running.catch(() => {})
    try {
      await running
    } finally {
      this.#running = null
    }
  }

  async #run(): Promise<void> {
    try {
      const identity = await this.#identify()
      for (;;) {
        const sequenced = await sequence(this.#database, identity, this.#clock, this.#known)
        this.#known = sequenced?.checkpoint ?? this.#known
        if (sequenced === null || sequenced.placed < maxBatch) break
      }
    } catch (error) {
      this.#distrusted = error instanceof LedgerDistrusted
      throw error
    }
    this.#distrusted = false
    const since = await oldestWaiting(this.#database.queries, this.#known?.cursor ?? (await this.#cursor()))
    this.#waitingSinceMs = since === null ? null : since.getTime()
  }

  /** Resolves when all that is visible now has its place, whichever process gives it. @throws what placing throws. */
  async settle(): Promise<{ size: number }> {
    const target = await newestWaiting(this.#database.queries, await this.#cursor())
    for (;;) {
      await this.run()
      const latest = await latestCheckpoint(this.#database.queries)
      if (latest !== null && (target === null || !isBefore(latest.cursor, target))) return { size: latest.size }
      await new Promise((resolve) => setTimeout(resolve, settleMs))
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    while (this.#running !== null) await this.#running
  }

  async #cursor(): Promise<Cursor> {
    return (await latestCheckpoint(this.#database.queries))?.cursor ?? { xid: '0', id: '0' }
  }

  #schedule(delayMs: number): void {
    const dueAtMs = performance.now() + delayMs
    if (this.#stopped || this.#dueAtMs <= dueAtMs) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#dueAtMs = dueAtMs
    this.#timer = setTimeout(() => void this.#tick(), delayMs)
    this.#timer.unref()
  }

  async #tick(): Promise<void> {
    this.#dueAtMs = Number.POSITIVE_INFINITY
    try {
      await this.run()
      this.#failure = ''
    } catch (error) {
      // Said once for each cause, not four times a second; the metrics go on saying it.
      const failure = error instanceof Error ? error.message : String(error)
      if (failure !== this.#failure) this.#log.error({ err: error }, 'the ledger could not place its entries')
      this.#failure = failure
    }
    this.#schedule(pollMs)
  }
}

function isBefore(a: Cursor, b: Cursor): boolean {
  const [left, right] = [BigInt(a.xid), BigInt(b.xid)]
  return left === right ? BigInt(a.id) < BigInt(b.id) : left < right
}
