import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'

export type MetricsRegistry = Metrics & {
  /** Everything, in the Prometheus text format 0.0.4. */
  text(): Promise<string>
  /** The media type of `text`. */
  readonly contentType: string
}

/** How many combinations of label values one figure keeps; what comes later is counted as `other`. */
const maxSeries = 500
const namePattern = /^custodia_[a-z][a-z0-9_]{1,80}$/
const labelPattern = /^[a-z][a-z0-9_]{0,40}$/
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * The figures of this process, on prom-client, with those of the process itself (memory, CPU, event loop) beside ours.
 *
 * Declaring throws an Error for a name that was declared before or does not begin with `custodia_`.
 */
export function createMetrics(): MetricsRegistry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter(name, help, labels = []) {
      check(name, labels)
      const counter = new Counter({ name, help, labelNames: [...labels], registers })
      const bounded = boundSeries(labels)
      return { add: (by = 1, values = {}) => counter.inc(bounded(values), by) }
    },
    gauge(name, help, read) {
      check(name, [])
      // A figure that can't be read is not a number; the others are still shown.
      const collect = function (this: Gauge) {
        this.set(attempt(read))
      }
      new Gauge({ name, help, registers, collect })
    },
    duration(name, help, labels = []) {
      check(name, labels)
      const histogram = new Histogram({ name, help, labelNames: [...labels], registers, buckets })
      const bounded = boundSeries(labels)
      return { observe: (seconds, values = {}) => histogram.observe(bounded(values), seconds) }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function check(name: string, labels: readonly string[]): void {
  if (!namePattern.test(name)) throw new Error(`the name of a figure matches ${namePattern}`)
  if (!labels.every((label) => labelPattern.test(label))) throw new Error(`the labels of ${name} match ${labelPattern}`)
}

/** Every combination is kept for ever, so there must be an end to them even where a caller passes on what strangers chose. */
function boundSeries(labels: readonly string[]): (values: Record<string, string>) => Record<string, string> {
  const seen = new Set<string>()
  // Whoever counts often passes the same object each time; it must not change then.
  const passed = new WeakSet<object>()
  const other = Object.fromEntries(labels.map((label) => [label, 'other']))
  return (values) => {
    if (labels.length === 0 || passed.has(values)) return values
    const series = labels.map((label) => JSON.stringify(values[label] ?? '')).join()
    if (!seen.has(series)) {
      if (seen.size >= maxSeries) return other
      seen.add(series)
    }
    passed.add(values)
    return values
  }
}

function attempt(read: () => number): number {
  try {
    return read()
  } catch {
    return Number.NaN
  }
}
