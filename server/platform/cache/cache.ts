import type { CellStore } from '@custodia/edge/limits/cell-store.ts'

/**
 * Short-lived shared state: counters, single-use codes, nonces. Losing all of it is harmless by design.
 * In process by default; Redis or Valkey where several processes must agree. One contract suite holds both.
 */
export type Cache = {
  /** @returns null where the key is absent or expired. */
  get(key: string): Promise<string | null>
  /** `ttlSeconds`: 1 to 86,400. Values up to 65,536 characters. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>
  /** Stores only where nothing is stored. @returns whether it did: of many callers exactly one gets true. */
  setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>
  /** Reads and removes in one step: of many callers exactly one gets the value. */
  take(key: string): Promise<string | null>
  delete(key: string): Promise<void>
  /**
   * Adds one to what is counted under `key`, which `get` tells as well. The count begins anew `perSeconds` after its first one, however
   * many come in between.
   */
  count(key: string, perSeconds: number): Promise<number>
  /**
   * Takes one from the budget of `key`: a generic cell rate (GCRA) with the store's own clock.
   *
   * @param burst how many may come at once.
   * @param perSeconds the time in which `burst` are earned back.
   */
  spend(key: string, burst: number, perSeconds: number): Promise<Budget>
  /** Where processes that share this store share their limits; left out where it is in process. */
  readonly cells?: CellStore
  close(): Promise<void>
}

export type Budget = {
  readonly allowed: boolean
  /** How many more may come at once. */
  readonly remaining: number
  /** Seconds to wait until one would be allowed; 0 where it was. */
  readonly retryAfterSeconds: number
}

/**
 * Tells every process, this one included, that something changed. At most once, in order per sender;
 * a listener must cope with loss by asking `healthy`.
 */
export type Bus = {
  publish(topic: string, message: string): Promise<void>
  /** @returns the function that ends the subscription. */
  subscribe(topic: string, listener: (message: string) => void): () => void
  /** False while messages of others may be missed, or one of our own was not said. Whoever caches what the bus invalidates must bypass its cache then. */
  healthy(): boolean
  /** Called when messages may have been missed: forget what was cached. */
  onGap(listener: () => void): () => void
  close(): Promise<void>
}
