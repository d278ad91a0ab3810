import type { Clock } from '../../platform/clock.ts'
import type { Recorder } from '../../platform/events/event.ts'
import { actorOf } from '../../platform/events/event.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import { event } from '../events.ts'
import type { Turned } from './uploads.ts'

/** Of strangers, at one application. */
const mostOfStrangers = 60
const windowMs = 60_000

/**
 * Files that were not passed on: each is counted, and stands in the ledger. Of those whose senders are not known, so many a minute do:
 * anybody could fill the ledger.
 */
export class FileLog {
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #refused: ReturnType<Metrics['counter']>
  /** By application. */
  readonly #strangers = new Map<string, { readonly untilMs: number; files: number }>()

  constructor({ recorder, clock, metrics }: { recorder: Recorder; clock: Clock; metrics: Metrics }) {
    this.#recorder = recorder
    this.#clock = clock
    this.#refused = metrics.counter(
      'custodia_gateway_files_refused_total',
      'Files on their way to an application that were not passed on, by why.',
      ['application', 'reason'],
    )
  }

  /** @param principal null where a public rule let the request in. */
  refused(application: string, principal: Principal | null, { reason, signature }: Turned): void {
    this.#refused.add(1, { application, reason })
    if (principal === null && this.#tooMany(application)) return
    this.#recorder.note(
      event('file.refused', {
        organisationId: principal?.organisationId ?? null,
        actor: principal === null ? { kind: 'anonymous' } : actorOf(principal),
        data: { application, reason, signature },
      }),
    )
  }

  #tooMany(application: string): boolean {
    const nowMs = this.#clock.nowMs()
    const known = this.#strangers.get(application)
    const current = known !== undefined && known.untilMs > nowMs ? known : { untilMs: nowMs + windowMs, files: 0 }
    this.#strangers.set(application, current)
    current.files += 1
    return current.files > mostOfStrangers
  }
}
