import { inspect } from 'node:util'
import type { DataKeyName } from '@custodia/wire/http/keyring.ts'
import type { Caller } from '../calls/caller.ts'
import type { Clock } from '../clock.ts'
import { CustodiaError, isCustodiaError } from '../errors.ts'
import { HeldKeys } from './held-keys.ts'
import { readIndexKey, readNewKey, readOpenedKeys } from './key-replies.ts'

export type DataKeyLimits = {
  /** How long a key is held, and how long a shredded one may still open here. 1 to 3,600. */
  readonly maxAgeSeconds: number
  /** How many fields one key seals before it is replaced. 1 to 1,000,000. */
  readonly maxMessages: number
  /** How many keys are held. 1 to 100,000. */
  readonly maxKeys: number
}

/** A key to seal with. The receiver overwrites `key` when done. */
export type SealingKey = DataKeyName & { readonly key: Uint8Array }

/** Null where the key was destroyed; undefined where Custodia has none of this name for the application. */
type Opening = Uint8Array | null | undefined

type Waiting = {
  readonly name: DataKeyName
  readonly key: Promise<Opening>
  resolve(key: Opening): void
  reject(error: unknown): void
}

/** The contract of `POST /v1/keyring/data-keys/open`. */
const maxBatch = 256
const maxSealing = 10_000

export const nameOf = (collection: string, { keyId, number }: DataKeyName) => `data ${collection} ${keyId} ${number}`

/**
 * The application's data and index keys: fetched when needed, joined into few calls, held for a while.
 * Every key that it hands out is a copy.
 */
export class DataKeys {
  readonly #caller: Caller
  readonly #clock: Clock
  readonly #limits: DataKeyLimits
  readonly #held: HeldKeys
  /** The newest key of each subject and collection, and how often it was used. */
  readonly #sealing = new Map<string, DataKeyName & { readonly untilMs: number; messages: number }>()
  readonly #fetching = new Map<string, Promise<void>>()
  /** By collection, then by key: what the next call will ask for. */
  readonly #wanted = new Map<string, Map<string, Waiting>>()
  readonly #asked = new Map<string, Waiting>()

  constructor(options: { readonly caller: Caller; readonly clock: Clock; readonly limits: DataKeyLimits }) {
    this.#caller = options.caller
    this.#clock = options.clock
    this.#limits = options.limits
    this.#held = new HeldKeys({ ...options.limits, clock: options.clock })
  }

  /**
   * A key to seal `messages` fields with.
   *
   * @throws CustodiaError KEY_SHREDDED, or what a call throws.
   */
  async toSeal(collection: string, subject: string, messages: number): Promise<SealingKey> {
    const place = `${collection} ${subject}`
    for (;;) {
      const key = this.#reserve(collection, place, messages)
      if (key !== null) return key
      await this.#once(place, async () => {
        const reply = await this.#post('/v1/keyring/data-keys', { subject, collection }, false)
        const { bytes, ...name } = readNewKey(reply)
        this.#held.hold(nameOf(collection, name), bytes)
        this.#sealing.delete(place)
        const untilMs = this.#clock.nowMs() + this.#limits.maxAgeSeconds * 1000
        this.#sealing.set(place, { ...name, untilMs, messages: 0 })
        if (this.#sealing.size > maxSealing) this.#sealing.delete(this.#sealing.keys().next().value as string)
      })
    }
  }

  /**
   * The keys with these names. Names that many callers miss at the same time travel together, 256 to a call.
   *
   * @returns by `nameOf`; null stands for a key that was destroyed, and one that Custodia does not know is left out.
   * The receiver overwrites them when done.
   * @throws what a call throws.
   */
  async toOpen(collection: string, names: readonly DataKeyName[]): Promise<Map<string, Uint8Array | null>> {
    const keys = new Map<string, Uint8Array | null>()
    const missing: Promise<void>[] = []
    for (const name of names) {
      const text = nameOf(collection, name)
      if (keys.has(text)) continue
      const held = this.#held.take(text)
      keys.set(text, held ?? null)
      if (held !== undefined) continue
      // Copied at the very moment it arrives: `#deliver` overwrites the original right after.
      const copied = this.#want(collection, text, name).then((key) => {
        if (key === undefined) keys.delete(text)
        else keys.set(text, key === null ? null : Uint8Array.from(key))
      })
      missing.push(copied)
    }
    const outcomes = await Promise.allSettled(missing)
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed === undefined) return keys
    for (const key of keys.values()) key?.fill(0)
    throw failed.reason
  }

  /** The key of one blind index. @throws CustodiaError KEY_SHREDDED, or what a call throws. */
  async toIndex(collection: string, subject: string, field: string): Promise<Uint8Array> {
    const text = `index ${collection} ${field} ${subject}`
    for (;;) {
      const held = this.#held.take(text)
      if (held) return held
      await this.#once(text, async () => {
        const bytes = readIndexKey(await this.#post('/v1/keyring/index-keys', { subject, collection, field }, true))
        this.#held.hold(text, bytes)
      })
    }
  }

  /** Overwrites and forgets every key. */
  forget(): void {
    this.#held.clear()
    this.#sealing.clear()
  }

  #reserve(collection: string, place: string, messages: number): SealingKey | null {
    const sealing = this.#sealing.get(place)
    if (sealing === undefined || sealing.untilMs <= this.#clock.nowMs()) return null
    if (sealing.messages > 0 && sealing.messages + messages > this.#limits.maxMessages) return null
    const key = this.#held.take(nameOf(collection, sealing))
    if (!key) return null
    sealing.messages += messages
    return { keyId: sealing.keyId, number: sealing.number, key }
  }

  #want(collection: string, text: string, name: DataKeyName): Promise<Opening> {
    const asked = this.#asked.get(text)
    if (asked !== undefined) return asked.key
    const { promise, resolve, reject } = Promise.withResolvers<Opening>()
    const waiting = { name, key: promise, resolve, reject }
    this.#asked.set(text, waiting)
    let wanted = this.#wanted.get(collection)
    if (wanted === undefined) {
      wanted = new Map()
      this.#wanted.set(collection, wanted)
      // Not a microtask: requests that were read in the same turn of the loop shall share the call.
      setImmediate(() => this.#askFor(collection))
    }
    wanted.set(text, waiting)
    return promise
  }

  #askFor(collection: string): void {
    const wanted = [...(this.#wanted.get(collection) ?? [])]
    this.#wanted.delete(collection)
    for (let at = 0; at < wanted.length; at += maxBatch) {
      void this.#deliver(collection, wanted.slice(at, at + maxBatch))
    }
  }

  /** Never rejects: what went wrong goes to those who wait. */
  async #deliver(collection: string, batch: readonly (readonly [string, Waiting])[]): Promise<void> {
    const keys = batch.map(([, waiting]) => waiting.name)
    try {
      const opened = readOpenedKeys(await this.#post('/v1/keyring/data-keys/open', { collection, keys }, true))
      for (const [text, waiting] of batch) {
        const key = opened.get(`${waiting.name.keyId} ${waiting.name.number}`)
        if (key !== undefined) this.#held.hold(text, key === null ? null : Uint8Array.from(key))
        waiting.resolve(key)
      }
      // Those who wait copy in the microtasks that come before this.
      setImmediate(() => {
        for (const key of opened.values()) key?.fill(0)
      })
    } catch (error) {
      for (const [, waiting] of batch) waiting.reject(error)
    } finally {
      for (const [text] of batch) this.#asked.delete(text)
    }
  }

  /** Runs `work` once for all who ask for the same thing meanwhile. */
  async #once(name: string, work: () => Promise<void>): Promise<void> {
    let running = this.#fetching.get(name)
    if (running === undefined) {
      running = work().finally(() => this.#fetching.delete(name))
      this.#fetching.set(name, running)
    }
    await running
  }

  async #post(path: string, body: unknown, idempotent: boolean): Promise<unknown> {
    try {
      return await this.#caller.post(path, body, { idempotent })
    } catch (error) {
      const shredded = isCustodiaError(error, 'CUSTODIA_REFUSED') && error.details.problem === 'KEY_SHREDDED'
      throw shredded ? new CustodiaError('KEY_SHREDDED') : error
    }
  }

  /** What `console.log` and loggers see: a count, never a key. */
  [inspect.custom](): string {
    return `DataKeys(${this.#held.size} held)`
  }
}
