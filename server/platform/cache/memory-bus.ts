import type { Log } from '../telemetry/log.ts'
import type { Bus } from './cache.ts'
import { encodeFrame } from './frame.ts'
import { Listeners } from './listeners.ts'

const sender = 'a'.repeat(26)

/** A bus between parts of one process; those on one `hub` hear each other. Never loses anything. */
export class MemoryBus implements Bus {
  readonly #listeners: Listeners
  readonly #hub: Set<MemoryBus>
  #closed = false

  constructor(log: Log, hub = new Set<MemoryBus>()) {
    this.#listeners = new Listeners(log)
    this.#hub = hub.add(this)
  }

  async publish(topic: string, message: string): Promise<void> {
    if (this.#closed) throw new Error('the bus is closed')
    encodeFrame({ sender, topic, text: message })
    for (const bus of [...this.#hub]) bus.#listeners.tell(topic, message)
  }

  subscribe(topic: string, listener: (message: string) => void): () => void {
    return this.#listeners.subscribe(topic, listener)
  }

  healthy(): boolean {
    return !this.#closed
  }

  onGap(listener: () => void): () => void {
    return this.#listeners.onGap(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#hub.delete(this)
  }
}
