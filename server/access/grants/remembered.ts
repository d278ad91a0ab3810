import type { Bus } from '../../platform/cache/cache.ts'
import type { Clock } from '../../platform/clock.ts'

type Kept<Value> = { readonly organisationId: string; readonly value: Value; readonly untilMs: number }

/**
 * What was read, by key, for as long as the bus is known to be alive and nothing in it has expired. A read that began before a change
 * does not store what it found.
 */
export class Remembered<Value> {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #max: number
  readonly #kept = new Map<string, Kept<Value>>()
  #generation = 0

  constructor(needs: { readonly bus: Bus; readonly clock: Clock; readonly max: number }) {
    this.#bus = needs.bus
    this.#clock = needs.clock
    this.#max = needs.max
  }

  get size(): number {
    return this.#kept.size
  }

  get(organisationId: string, key: string): Value | undefined {
    if (!this.#bus.healthy()) return undefined
    const found = this.#kept.get(key)
    if (found?.organisationId !== organisationId) return undefined
    return this.#clock.nowMs() < found.untilMs ? found.value : undefined
  }

  /** @param untilMs when what was read stops to be true by itself; Infinity where never. */
  async fill(
    organisationId: string,
    key: string,
    read: () => Promise<Value>,
    untilMs: (value: Value) => number = () => Number.POSITIVE_INFINITY,
  ): Promise<Value> {
    const generation = this.#generation
    const value = await read()
    if (generation !== this.#generation || !this.#bus.healthy()) return value
    this.#kept.delete(key)
    if (this.#kept.size >= this.#max) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(key, { organisationId, value, untilMs: untilMs(value) })
    return value
  }

  /** `null` forgets everything. */
  forget(key: string | null): void {
    this.#generation += 1
    if (key === null) this.#kept.clear()
    else this.#kept.delete(key)
  }

  forgetOrganisation(organisationId: string): void {
    this.#generation += 1
    for (const [key, kept] of this.#kept) if (kept.organisationId === organisationId) this.#kept.delete(key)
  }
}
