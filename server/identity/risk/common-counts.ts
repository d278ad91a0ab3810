import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Log } from '../../platform/telemetry/log.ts'
import type { Common } from './store.ts'
import { addCommon } from './store.ts'

const flushAfter = 32
const flushAfterMs = 10_000
const maxWaiting = 5_000

type Needs = { readonly database: Database; readonly clock: Clock; readonly log: Log }

/**
 * Counts what is common among everybody. Sign-ins are gathered here and written together: each of them would otherwise wait
 * for the same few rows. A process that dies loses ten seconds of counts, which changes nothing.
 */
export class CommonCounts {
  readonly #needs: Needs
  readonly #waiting = new Map<string, Common & { count: number }>()
  #signIns = 0
  #flushedMs: number
  #writing: Promise<void> = Promise.resolve()

  constructor(needs: Needs) {
    this.#needs = needs
    this.#flushedMs = needs.clock.nowMs()
  }

  /** @param values of one sign-in. */
  add(values: readonly Common[]): void {
    for (const { feature, value } of values) {
      const key = `${feature}:${value}`
      const known = this.#waiting.get(key)
      if (known !== undefined) known.count += 1
      else if (this.#waiting.size < maxWaiting) this.#waiting.set(key, { feature, value, count: 1 })
    }
    this.#signIns += 1
    const due = this.#needs.clock.nowMs() - this.#flushedMs >= flushAfterMs
    if (due || this.#signIns >= flushAfter) void this.flush()
  }

  /** Writes what was gathered. Resolves in any case; what could not be written is dropped and logged. */
  async flush(): Promise<void> {
    const { database, clock, log } = this.#needs
    const rows = [...this.#waiting.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
    this.#waiting.clear()
    this.#signIns = 0
    this.#flushedMs = clock.nowMs()
    const before = this.#writing
    this.#writing = (async () => {
      await before
      try {
        if (rows.length > 0) await addCommon(database.queries, rows, new Date(this.#flushedMs))
      } catch (error) {
        log.warn({ error }, 'what is common among sign-ins was not counted')
      }
    })()
    await this.#writing
  }
}
