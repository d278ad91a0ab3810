import { inspect } from 'node:util'
import type { Clock } from '../clock.ts'

/** What is held under one name: a key, or the knowledge that it was destroyed. */
type Held = { readonly bytes: Uint8Array | null; readonly untilMs: number }

/**
 * Keys in memory: at most `maxKeys`, each for at most `maxAgeSeconds`, the least lately used goes first.
 * A key that goes is overwritten. Whoever takes one gets a copy and overwrites that when done, so that a key can go
 * while somebody still works with it.
 */
export class HeldKeys {
  readonly #held = new Map<string, Held>()
  readonly #maxKeys: number
  readonly #maxAgeMs: number
  readonly #clock: Clock
  #sweeping = false

  constructor(options: { readonly maxKeys: number; readonly maxAgeSeconds: number; readonly clock: Clock }) {
    this.#maxKeys = options.maxKeys
    this.#maxAgeMs = options.maxAgeSeconds * 1000
    this.#clock = options.clock
  }

  /** @returns a copy of the key; null where it was destroyed for ever; undefined where nothing is known. */
  take(name: string): Uint8Array | null | undefined {
    const held = this.#held.get(name)
    if (held === undefined) return undefined
    if (held.untilMs <= this.#clock.nowMs()) {
      this.drop(name)
      return undefined
    }
    this.#held.delete(name)
    this.#held.set(name, held)
    return held.bytes === null ? null : Uint8Array.from(held.bytes)
  }

  /** Takes `bytes` over and overwrites them in the end; null says that this key was destroyed. */
  hold(name: string, bytes: Uint8Array | null): void {
    this.drop(name)
    this.#held.set(name, { bytes, untilMs: this.#clock.nowMs() + this.#maxAgeMs })
    if (this.#held.size > this.#maxKeys) this.drop(this.#held.keys().next().value as string)
    this.#sweepLater()
  }

  drop(name: string): void {
    this.#held.get(name)?.bytes?.fill(0)
    this.#held.delete(name)
  }

  /** Overwrites and drops all of them. */
  clear(): void {
    for (const name of this.#held.keys()) this.drop(name)
  }

  /** A key that nobody asks for any more must not stay for that reason. Keeps no process alive. */
  #sweepLater(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    const timer = setTimeout(() => {
      this.#sweeping = false
      const nowMs = this.#clock.nowMs()
      for (const [name, held] of this.#held) if (held.untilMs <= nowMs) this.drop(name)
      if (this.#held.size > 0) this.#sweepLater()
    }, this.#maxAgeMs)
    timer.unref()
  }

  get size(): number {
    return this.#held.size
  }

  /** What `console.log` and loggers see: a count, never a key. */
  [inspect.custom](): string {
    return `HeldKeys(${this.#held.size})`
  }
}
