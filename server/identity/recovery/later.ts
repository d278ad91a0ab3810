import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Random } from '../../platform/random.ts'
import type { Log } from '../../platform/telemetry/log.ts'

type Work = () => Promise<void>

const mostWaiting = 512
const longestPauseMs = 2_000

/**
 * Work whose very being must not show: it begins up to two seconds after the answer was sent, after a pause by chance, so that
 * neither the answer's time nor that of the next one says whether there was any. Bounded; what does not fit is dropped, and asked
 * for again by whoever waits for it.
 */
export class Later {
  readonly #random: Random
  readonly #log: Log
  readonly #waiting: Work[] = []
  readonly #stopping = new AbortController()
  #running: Promise<void> | null = null
  #early = new AbortController()

  constructor({ random, log }: { readonly random: Random; readonly log: Log }) {
    this.#random = random
    this.#log = log
  }

  soon(work: Work): void {
    if (this.#stopping.signal.aborted) return
    if (this.#waiting.length >= mostWaiting) {
      this.#log.warn({}, 'too many recoveries wait; one was dropped')
      return
    }
    this.#waiting.push(work)
    this.#running ??= this.#run()
  }

  /** Does at once what waits. Resolves when nothing is left. */
  async settled(): Promise<void> {
    while (this.#running !== null) {
      this.#early.abort()
      await this.#running
    }
  }

  /** Takes nothing new, and finishes what it has. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.settled()
  }

  async #run(): Promise<void> {
    this.#early = new AbortController()
    const pauseMs = (this.#random.bytes(2).readUInt16BE() / 65_536) * longestPauseMs
    await pauseFor(pauseMs, undefined, { signal: this.#early.signal, ref: false }).catch(() => {})
    for (let work = this.#waiting.shift(); work !== undefined; work = this.#waiting.shift()) {
      try {
        await work()
      } catch (error) {
        this.#log.error({ error }, 'a recovery could not be begun')
      }
    }
    this.#running = null
  }
}
