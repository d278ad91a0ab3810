type Entry<Value> = { value: Value; used: boolean }

/** How many entries a new one may push through at most: a step must not take long where everything is in use. */
const looks = 8

/**
 * At most `max` entries; to make room goes one that was not asked for lately (second chance, Corbató 1969). Unlike a Map from which
 * each use takes the entry out and puts it in again, a use writes one bit.
 */
export class RecentMap<Value> {
  readonly #max: number
  readonly #evicted: (key: string, value: Value) => void
  readonly #entries = new Map<string, Entry<Value>>()

  /** @param evicted told of what had to go, and of nothing else. */
  constructor(max: number, evicted: (key: string, value: Value) => void = () => {}) {
    this.#max = max
    this.#evicted = evicted
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.used = true
    return entry.value
  }

  set(key: string, value: Value): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      entry.value = value
      entry.used = true
      return
    }
    if (this.#entries.size >= this.#max) this.#makeRoom()
    this.#entries.set(key, { value, used: false })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  *[Symbol.iterator](): IterableIterator<[string, Value]> {
    for (const [key, { value }] of this.#entries) yield [key, value]
  }

  /** A Map keeps the order of insertion: its first entry has waited longest. */
  #makeRoom(): void {
    let look = 0
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key)
      if (!entry.used || ++look === looks) {
        this.#evicted(key, entry.value)
        return
      }
      entry.used = false
      this.#entries.set(key, entry)
    }
  }
}
