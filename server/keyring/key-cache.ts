import type { Bus } from '../platform/cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import type { LiveKey } from './live-key.ts'
import { scopeText } from './scope.ts'

export const maxCachedKeys = 10_000
export const maxAgeMs = 300_000

type Entry = { readonly key: LiveKey; readonly current: boolean; readonly untilMs: number }

/**
 * Unwrapped keys of this process: at most 10,000, each for at most 300 seconds, the least lately used goes first.
 *
 * Keys of subjects can be destroyed, so they are used only while the bus is healthy, and a subject that is being destroyed is
 * *doubted*: for as long as anything could stay cached, its keys are read from the database every time. The doubt is spread
 * before the destroying transaction commits, so that from the commit on nobody answers from memory, even if whoever
 * committed dies before it can say more.
 */
export class KeyCache {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #byId = new Map<string, Entry>()
  readonly #currentIds = new Map<string, string>()
  /** Subject → until when it is doubted. The times only rise, so that the oldest stand first. */
  readonly #doubts = new Map<string, number>()
  #doubtAllUntilMs = 0
  #generation = 0

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus
    this.#clock = clock
  }

  byId(id: string): LiveKey | null {
    const entry = this.#byId.get(id)
    if (entry === undefined || !this.#usable(entry.key)) return null
    if (entry.untilMs <= this.#clock.nowMs()) {
      this.#drop(id, entry)
      return null
    }
    this.#byId.delete(id)
    this.#byId.set(id, entry)
    return entry.key
  }

  current(scope: string): LiveKey | null {
    const id = this.#currentIds.get(scope)
    return id === undefined ? null : this.byId(id)
  }

  /** To be taken before the database is read, and given to `put` with what was read. */
  generation(): number {
    return this.#generation
  }

  /** @param current whether it is the newest version of its scope. */
  put(key: LiveKey, current: boolean, generation: number): void {
    if (generation !== this.#generation || !this.#usable(key)) return
    const scope = scopeText(key.scope)
    const known = this.#byId.get(key.id)
    this.#byId.delete(key.id)
    this.#byId.set(key.id, {
      key,
      current: current || known?.current === true,
      untilMs: this.#clock.nowMs() + maxAgeMs,
    })
    if (current) this.#currentIds.set(scope, key.id)
    if (this.#byId.size > maxCachedKeys) this.#dropOldest()
  }

  /** Forgets the subject's keys, and keeps none of them for a while. */
  doubt(organisationId: string, subjectId: string): void {
    this.#generation += 1
    const nowMs = this.#clock.nowMs()
    for (const [subject, untilMs] of this.#doubts) {
      if (untilMs > nowMs) break
      this.#doubts.delete(subject)
    }
    const subject = subjectText(organisationId, subjectId)
    this.#doubts.delete(subject)
    if (this.#doubts.size < maxCachedKeys) this.#doubts.set(subject, nowMs + maxAgeMs)
    else this.#doubtAllUntilMs = nowMs + maxAgeMs
    for (const [id, entry] of this.#byId) {
      const { scope } = entry.key
      if (scope.subjectId === subjectId && scope.organisationId === organisationId) this.#drop(id, entry)
    }
  }

  forgetAll(): void {
    this.#generation += 1
    this.#byId.clear()
    this.#currentIds.clear()
  }

  get size(): number {
    return this.#byId.size
  }

  #usable({ scope }: LiveKey): boolean {
    if (scope.subjectId === null) return true
    if (!this.#bus.healthy()) return false
    const nowMs = this.#clock.nowMs()
    if (this.#doubtAllUntilMs > nowMs) return false
    if (this.#doubts.size === 0) return true
    return (this.#doubts.get(subjectText(scope.organisationId, scope.subjectId)) ?? 0) <= nowMs
  }

  #dropOldest(): void {
    const [oldest] = this.#byId
    if (oldest !== undefined) this.#drop(...oldest)
  }

  #drop(id: string, entry: Entry): void {
    this.#byId.delete(id)
    if (!entry.current) return
    const scope = scopeText(entry.key.scope)
    if (this.#currentIds.get(scope) === id) this.#currentIds.delete(scope)
  }
}

const subjectText = (organisationId: string | null, subjectId: string) => `${organisationId ?? ''}\n${subjectId}`
