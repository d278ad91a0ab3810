import type { Bus } from '../platform/cache/cache.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { LiveSessions } from './live-sessions.ts'

const topic = 'sessions.ended'
const changedTopic = 'sessions.changed'

type Listener = (sessionId: string | null) => void

/**
 * Makes the end of a session known: to this process's memory once the transaction has committed and before its caller is
 * answered, and to every other process through the bus. Nothing is said where the transaction rolls back.
 */
export class EndedSessions {
  readonly #bus: Bus
  readonly #live: LiveSessions
  readonly #listeners = new Set<Listener>()
  readonly #unsubscribe: readonly (() => void)[]

  constructor(bus: Bus, live: LiveSessions) {
    this.#bus = bus
    this.#live = live
    this.#unsubscribe = [
      bus.subscribe(topic, (message) => {
        for (const id of message.split(' ')) this.#heard(id)
      }),
      bus.subscribe(changedTopic, (message) => {
        for (const id of message.split(' ')) this.#live.forgetSession(id)
      }),
      bus.onGap(() => this.#heard(null)),
    ]
  }

  /** @param ids at most 200, as many as fit into one message of the bus. */
  announce(tx: Queries, ids: readonly string[]): void {
    if (ids.length === 0) return
    afterCommit(tx, async () => {
      // By hand first: that this process refuses from now on must not hang on the bus.
      for (const id of ids) this.#live.forgetSession(id)
      await this.#bus.publish(topic, ids.join(' '))
    })
  }

  /** Of sessions that go on, at most 200: what is remembered of their cookies does not hold any more. */
  announceChange(tx: Queries, ...ids: readonly string[]): void {
    if (ids.length === 0) return
    afterCommit(tx, async () => {
      for (const id of ids) this.#live.forgetSession(id)
      await this.#bus.publish(changedTopic, ids.join(' '))
    })
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#listeners.clear()
  }

  #heard(id: string | null): void {
    if (id === null) this.#live.forgetPerson(null)
    else this.#live.forgetSession(id)
    for (const listener of [...this.#listeners]) listener(id)
  }
}
