import type { Log } from '../telemetry/log.ts'

/** Who listens in this process. One that throws keeps nobody else from hearing. */
export class Listeners {
  readonly #log: Log
  readonly #topics = new Map<string, Set<{ readonly hear: (message: string) => void }>>()
  readonly #gaps = new Set<{ readonly hear: () => void }>()

  constructor(log: Log) {
    this.#log = log
  }

  subscribe(topic: string, hear: (message: string) => void): () => void {
    const listener = { hear }
    const listeners = this.#topics.get(topic) ?? new Set()
    this.#topics.set(topic, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#topics.get(topic) === listeners) this.#topics.delete(topic)
    }
  }

  onGap(hear: () => void): () => void {
    const listener = { hear }
    this.#gaps.add(listener)
    return () => this.#gaps.delete(listener)
  }

  tell(topic: string, message: string): void {
    for (const { hear } of [...(this.#topics.get(topic) ?? [])]) this.#guard(topic, () => hear(message))
  }

  tellGap(): void {
    for (const { hear } of [...this.#gaps]) this.#guard('gap', hear)
  }

  #guard(topic: string, hear: () => void): void {
    try {
      hear()
    } catch (error) {
      this.#log.error({ topic, error }, 'a listener of the bus failed')
    }
  }
}
