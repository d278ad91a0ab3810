import { decide } from './decide.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Owner } from './store.ts'
import { claimDue, ownerOf } from './store.ts'

/** Each holds a whole file and a process beside it. */
const mostAtOnce = 2
const spareMs = 45_000

/** Works through what is in quarantine, whichever process received it. */
export class Quarantine {
  readonly #parts: Parts
  readonly #stopping = new AbortController()
  readonly #workers = new Set<Promise<void>>()
  /** Something came in while all were at work: each of them may have asked already, and heard that nothing is due. */
  #again = false
  /** Whose turn it was last. */
  #after: Owner | null = null

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Something came in. Nobody waits for it; what is not begun here is found by the job. */
  soon(): void {
    if (this.#stopping.signal.aborted) return
    if (this.#workers.size >= mostAtOnce) {
      this.#again = true
      return
    }
    const worker = this.drain(this.#stopping.signal)
      .catch((error) => this.#parts.context.log.error({ error }, 'the quarantine could not be read'))
      .finally(() => {
        this.#workers.delete(worker)
        if (!this.#again) return
        this.#again = false
        this.soon()
      })
    this.#workers.add(worker)
  }

  /** Until nothing is due. */
  async drain(signal: AbortSignal): Promise<void> {
    const { config, database, log } = this.#parts.context
    while (!signal.aborted) {
      const now = nowOf(this.#parts)
      const until = new Date(now.getTime() + config.clamdTimeoutSeconds * 1_000 + spareMs)
      const row = await claimDue(database.queries, { now, until, after: this.#after })
      if (row === null) return
      this.#after = ownerOf(row)
      // Tried again when the claim is over: see `maxTries`.
      await decide(this.#parts, row, signal).catch((error) =>
        log.error({ error, upload: row.id }, 'a file could not be looked at'),
      )
    }
  }

  /** Resolves once nothing is under way in this process. */
  async idle(): Promise<void> {
    while (this.#workers.size > 0) await Promise.all(this.#workers)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.idle()
  }
}
