import type { Clock } from '../clock.ts'
import { RecentMap } from '../recent-map.ts'
import type { Budget, Cache } from './cache.ts'
import { spendCell } from './cell-rate.ts'
import { checkEntry, checkKey, checkSpending } from './limits.ts'

export type MemoryCacheOptions = {
  readonly clock: Clock
  /** How many values, and as many budgets, are kept; what was not used lately goes first. Default 50,000. */
  readonly maxEntries?: number
}

/**
 * A cache in this process alone. Values and budgets are bounded apart, so that a flood of strangers' budgets can't push out
 * the nonces that stop a replay.
 */
export class MemoryCache implements Cache {
  readonly #clock: Clock
  readonly #values: Expiring<string>
  readonly #budgets: Expiring<number>
  #closed = false

  constructor(options: MemoryCacheOptions) {
    const maxEntries = options.maxEntries ?? 50_000
    this.#clock = options.clock
    this.#values = new Expiring(maxEntries)
    this.#budgets = new Expiring(maxEntries)
  }

  async get(key: string): Promise<string | null> {
    this.#check(checkKey, key)
    return this.#values.read(key, this.#clock.nowMs())
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#check(checkEntry, key, value, ttlSeconds)
    this.#values.write(key, value, this.#clock.nowMs() + ttlSeconds * 1000)
  }

  async setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    this.#check(checkEntry, key, value, ttlSeconds)
    const now = this.#clock.nowMs()
    if (this.#values.read(key, now) !== null) return false
    this.#values.write(key, value, now + ttlSeconds * 1000)
    return true
  }

  async take(key: string): Promise<string | null> {
    this.#check(checkKey, key)
    const value = this.#values.read(key, this.#clock.nowMs())
    this.#values.remove(key)
    return value
  }

  async delete(key: string): Promise<void> {
    this.#check(checkKey, key)
    this.#values.remove(key)
  }

  async count(key: string, perSeconds: number): Promise<number> {
    this.#check(checkEntry, key, '', perSeconds)
    const nowMs = this.#clock.nowMs()
    const counted = Number(this.#values.read(key, nowMs) ?? 0) + 1
    if (!Number.isSafeInteger(counted)) throw new TypeError('what is stored under this key is no count')
    this.#values.write(key, String(counted), this.#values.endOf(key) ?? nowMs + perSeconds * 1000)
    return counted
  }

  async spend(key: string, burst: number, perSeconds: number): Promise<Budget> {
    this.#check(checkSpending, key, burst, perSeconds)
    const nowMs = this.#clock.nowMs()
    const spent = spendCell(this.#budgets.read(key, nowMs) ?? 0, nowMs * 1000, burst, perSeconds)
    if (spent.arrival !== null) this.#budgets.write(key, spent.arrival, Math.ceil(spent.arrival / 1000))
    return spent.budget
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#values.clear()
    this.#budgets.clear()
  }

  #check<Arguments extends readonly unknown[]>(check: (...given: Arguments) => void, ...given: Arguments): void {
    if (this.#closed) throw new Error('the cache is closed')
    check(...given)
  }
}

/** At most `max` entries that expire. */
class Expiring<Value> {
  readonly #entries: RecentMap<{ readonly value: Value; readonly untilMs: number }>

  constructor(max: number) {
    this.#entries = new RecentMap(max)
  }

  read(key: string, nowMs: number): Value | null {
    const entry = this.#entries.get(key)
    if (entry === undefined) return null
    if (entry.untilMs > nowMs) return entry.value
    this.#entries.delete(key)
    return null
  }

  /** Of what was read just now. */
  endOf(key: string): number | undefined {
    return this.#entries.get(key)?.untilMs
  }

  write(key: string, value: Value, untilMs: number): void {
    this.#entries.set(key, { value, untilMs })
  }

  remove(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
