import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { SheddingFigures } from '@custodia/edge/overload/shedding.ts'
import { Shedding } from '@custodia/edge/overload/shedding.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { refuseRequest } from '../errors.ts'

const resolutionMs = 20
const sampleMs = 500

/** What tells whether this process lives and works is answered while it can be. */
const health = new Set(['/livez', '/readyz'])

/**
 * How late this process is, and what it leaves unanswered while it is: by the delay of its event loop, twice a second. A request costs
 * a comparison. Whoever signs in, and health, are answered as long as anybody is.
 */
export class Load {
  readonly #shedding: Shedding
  readonly #delay: ReturnType<typeof monitorEventLoopDelay>
  readonly #timer: NodeJS.Timeout
  readonly #shed: ReturnType<Metrics['counter']>
  readonly #log: Log

  constructor(metrics: Metrics, log: Log, figures?: SheddingFigures) {
    this.#shedding = new Shedding(figures)
    this.#log = log
    this.#delay = monitorEventLoopDelay({ resolution: resolutionMs })
    this.#delay.enable()
    this.#shed = metrics.counter(
      'custodia_http_shed_total',
      'Requests that were refused because this process was late.',
      ['class'],
    )
    metrics.gauge(
      'custodia_http_shedding',
      'How many classes of requests are refused now: expensive ones, then writes, then reads.',
      () => this.#shedding.level,
    )
    this.#timer = setInterval(() => this.#look(), sampleMs)
    this.#timer.unref()
  }

  /** @param kind the limit class of the route. @throws Refusal SERVER_BUSY where it is shed. */
  admit(kind: string, path: string): void {
    if (this.#shedding.level > 0 && this.#shedding.sheds(kind) && !health.has(path)) throw this.#refuse(kind)
  }

  /** For each sample: public for tests, which have no half second. */
  sample(delayMs: number): void {
    const before = this.#shedding.level
    const level = this.#shedding.sample(delayMs)
    if (before === 0 && level > 0)
      this.#log.warn({ delayMs }, 'the process is late: requests are refused by their class')
    if (before > 0 && level === 0) this.#log.info({}, 'the process is in time again: no request is refused for that')
  }

  close(): void {
    clearInterval(this.#timer)
    this.#delay.disable()
  }

  #look(): void {
    // The histogram counts from one tick to the next, of which the delay is what is beyond the resolution.
    this.sample(Math.max(0, this.#delay.percentile(90) / 1e6 - resolutionMs))
    this.#delay.reset()
  }

  /** Who comes back does so at different times. */
  #refuse(kind: string) {
    this.#shed.add(1, { class: kind })
    return refuseRequest('SERVER_BUSY', { retryAfterSeconds: 2 + Math.floor(Math.random() * 6) })
  }
}
