import type { Clock } from '../../platform/clock.ts'
import type { Recorder } from '../../platform/events/event.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import { event } from '../events.ts'

/** `reply`: what the application answered; all else is of requests. */
export type UnfitReason = 'unknown' | 'method' | 'unfit' | 'media-type' | 'body' | 'reply'

export type Unfitting = {
  readonly application: string
  /** As the document names it; null where it has none such. */
  readonly operation: string | null
  readonly reason: UnfitReason
}

type Pending = Unfitting & { readonly sinceMs: number; requests: number }

const writeAfterMs = 60_000
const mostPending = 500

/**
 * What did not fit the document of an application: counted at once, and written to the ledger together, an entry a minute for each operation and
 * reason, however much a stranger sends. Nobody is named, and nothing of what was sent.
 */
export class UnfitLog {
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #refused: ReturnType<Metrics['counter']>
  readonly #replies: ReturnType<Metrics['counter']>
  readonly #pending = new Map<string, Pending>()

  constructor({ recorder, clock, metrics }: { recorder: Recorder; clock: Clock; metrics: Metrics }) {
    this.#recorder = recorder
    this.#clock = clock
    this.#refused = metrics.counter(
      'custodia_gateway_input_refused_total',
      'Requests that were refused, because they do not fit the document of their application, by why.',
      ['application', 'reason'],
    )
    this.#replies = metrics.counter(
      'custodia_gateway_replies_unfit_total',
      'Replies of an application that do not fit its document, refused or not.',
      ['application'],
    )
  }

  add({ application, operation, reason }: Unfitting): void {
    if (reason === 'reply') {
      this.#replies.add(1, { application })
      return
    }
    this.#refused.add(1, { application, reason })
    const key = JSON.stringify([application, operation, reason])
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.requests += 1
      return
    }
    if (this.#pending.size >= mostPending) this.flush(0)
    this.#pending.set(key, { application, operation, reason, sinceMs: this.#clock.nowMs(), requests: 1 })
  }

  /** @param afterMs writes what is counted for as long as that; 0 writes all. */
  flush(afterMs = writeAfterMs): void {
    const nowMs = this.#clock.nowMs()
    for (const [key, { sinceMs, ...counted }] of this.#pending) {
      if (nowMs - sinceMs < afterMs) continue
      this.#pending.delete(key)
      const data = { ...counted, since: new Date(sinceMs).toISOString() }
      this.#recorder.note(event('requests.unfit', { organisationId: null, actor: { kind: 'anonymous' }, data }))
    }
  }
}
