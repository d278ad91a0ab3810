import type { Database } from '../platform/database/database.ts'
import type { Log } from '../platform/telemetry/log.ts'
import { addMessages } from './store.ts'

const everyMs = 60_000
const maxKeys = 50_000
const batch = 1_000

/**
 * How many messages each key has sealed, added to its row every minute. Every process counts for itself, so that this is a
 * timer of its own and no job, which one process would run for all. A crash loses a minute of counting and nothing else:
 * each message has a key of its own, no limit hangs on the figure.
 */
export class MessageCounts {
  readonly #database: Database
  readonly #log: Log
  readonly #counts = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(database: Database, log: Log) {
    this.#database = database
    this.#log = log
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.flush().catch((error) => this.#log.warn({ err: error }, 'sealed messages could not be counted'))
    }, everyMs)
    this.#timer.unref()
  }

  add(keyId: string, messages = 1): void {
    const counted = this.#counts.get(keyId)
    // Only where the database has been away for long, since every minute makes room.
    if (counted === undefined && this.#counts.size >= maxKeys) return
    this.#counts.set(keyId, (counted ?? 0) + messages)
  }

  async flush(): Promise<void> {
    while (this.#counts.size > 0) {
      const taken = new Map([...this.#counts].slice(0, batch))
      for (const id of taken.keys()) this.#counts.delete(id)
      try {
        await this.#database.transaction((tx) => addMessages(tx, taken))
      } catch (error) {
        for (const [id, messages] of taken) this.add(id, messages)
        throw error
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.flush().catch((error) => this.#log.warn({ err: error }, 'sealed messages could not be counted'))
  }
}
