import type { Allowance } from '@custodia/edge/browser/headers.ts'
import type { Bus } from '../platform/cache/cache.ts'
import type { Database } from '../platform/database/database.ts'
import { listLive } from './store.ts'

const topic = 'browser.policies.changed'

/** What is live, in memory: it stands on every reply. Read again whenever somebody changed it, or may have. */
export class LivePolicies {
  readonly #database: Database
  readonly #bus: Bus
  readonly #unsubscribe: readonly (() => void)[]
  #live: ReadonlyMap<string, Allowance> = new Map()
  #generation = 0
  #stale = false

  /** @param failed told where it could not be read: what was known stays. */
  constructor(database: Database, bus: Bus, failed: (error: unknown) => void) {
    this.#database = database
    this.#bus = bus
    const again = () => void this.read().catch(failed)
    this.#unsubscribe = [bus.subscribe(topic, again), bus.onGap(again)]
  }

  /** True where it could not be read, and others may be live than are known here. */
  get stale(): boolean {
    return this.#stale
  }

  get(application: string): Allowance | null {
    return this.#live.get(application) ?? null
  }

  /** A reading that began before another one does not overwrite what that one found. */
  async read(): Promise<void> {
    this.#generation += 1
    const generation = this.#generation
    const rows = await listLive(this.#database.queries).catch((error) => {
      this.#stale = true
      throw error
    })
    if (generation !== this.#generation) return
    this.#stale = false
    this.#live = new Map(
      rows.map(({ application, sources, trusted_types }) => [application, { sources, trustedTypes: trusted_types }]),
    )
  }

  /** Reads it here, and tells the others even where that failed. */
  async announce(application: string): Promise<void> {
    await this.read().finally(() => this.#bus.publish(topic, application))
  }

  stop(): void {
    for (const one of this.#unsubscribe) one()
  }
}
