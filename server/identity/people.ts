import type { Bus } from '../platform/cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Person } from './api.ts'

const topic = 'identity.changed'
const ttlMs = 60_000
const maxPeople = 10_000

/** People as this process lately read them, for at most a minute and while the bus is known to be alive. */
export class People {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #known = new Map<string, { readonly person: Person; readonly untilMs: number }>()
  readonly #unsubscribe: readonly (() => void)[]
  #generation = 0

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus
    this.#clock = clock
    this.#unsubscribe = [bus.subscribe(topic, (id) => this.#forget(id)), bus.onGap(() => this.#forget(null))]
  }

  /** @param read is asked where nothing is remembered. What changes while it runs is not overwritten by its answer. */
  async get(id: string, read: () => Promise<Person | null>): Promise<Person | null> {
    const known = this.#bus.healthy() ? this.#known.get(id) : undefined
    if (known !== undefined && this.#clock.nowMs() < known.untilMs) return known.person
    const generation = this.#generation
    const person = await read()
    if (person !== null && generation === this.#generation && this.#bus.healthy()) {
      if (this.#known.size >= maxPeople) this.#known.clear()
      this.#known.set(id, { person, untilMs: this.#clock.nowMs() + ttlMs })
    }
    return person
  }

  /** Makes every process forget this person once the transaction has committed. */
  changed(tx: Queries, id: string): void {
    afterCommit(tx, async () => {
      this.#forget(id)
      await this.#bus.publish(topic, id)
    })
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#forget(null)
  }

  #forget(id: string | null): void {
    this.#generation += 1
    if (id === null) this.#known.clear()
    else this.#known.delete(id)
  }
}
