import type { Metric } from 'prom-client'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
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
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const none = {}

type Value = { readonly labels: object; readonly value: number; readonly metricName?: string }
type Told = { name: string; help: string; type: 'counter' | 'histogram'; get: () => Promise<Value[]> }

/**
 * The figures of this process, on prom-client, with those of the process itself (memory, CPU, event loop) beside ours.
 *
 * Declaring throws an Error for a name that was declared before or does not begin with `custodia_`.
 */
export function createMetrics(): MetricsRegistry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  // What every request counts is counted here, and told to the library when somebody asks: it would put the labels together into a text,
  // check them and look that up, each time.
  const register = ({ get, ...metric }: Told) =>
    registry.registerMetric({ ...metric, get: async () => ({ ...metric, values: await get() }) } as unknown as Metric)
  return {
    counter(name, help, labels = []) {
      check(name, labels)
      const { of, all } = seriesOf(labels, () => ({ value: 0 }))
      if (labels.length === 0) of({})
      register({
        ...{ name, help, type: 'counter' },
        get: async () => all().map(([values, { value }]) => ({ labels: values, value })),
      })
      return {
        add(by = 1, values = none) {
          of(values).value += by
        },
      }
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
      const { of, all } = seriesOf(labels, () => ({ counts: new Float64Array(bounds.length + 1), sum: 0 }))
      register({
        ...{ name, help, type: 'histogram' },
        get: async () => all().flatMap(([values, one]) => histogramOf(name, values, one)),
      })
      return {
        observe(seconds, values = none) {
          const one = of(values)
          let at = 0
          while (at < bounds.length && seconds > (bounds[at] as number)) at++
          one.counts[at] = (one.counts[at] as number) + 1
          one.sum += seconds
        },
      }
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
function seriesOf<One>(labels: readonly string[], make: () => One) {
  const series = new Map<string, [Record<string, string>, One]>()
  // Whoever counts often passes the same object each time; it must not change then.
  const passed = new WeakMap<object, One>()
  const find = (values: Record<string, string>): One => {
    const unknown = Object.keys(values).find((label) => !labels.includes(label))
    if (unknown !== undefined) throw new Error(`${unknown} is no label of this figure`)
    const own = Object.fromEntries(labels.map((label) => [label, values[label] ?? '']))
    const key = JSON.stringify(own)
    const known = series.get(key)
    if (known !== undefined) return known[1]
    const isFull = series.size >= maxSeries && values !== other
    if (isFull) return find(other)
    const one = make()
    series.set(key, [own, one])
    return one
  }
  const other = Object.fromEntries(labels.map((label) => [label, 'other']))
  return {
    of(values: Record<string, string>): One {
      const known = passed.get(values)
      if (known !== undefined) return known
      const one = find(values)
      passed.set(values, one)
      return one
    },
    all: () => [...series.values()],
  }
}

/** Prometheus' text format 0.0.4: each bucket counts what the smaller ones do. */
function histogramOf(name: string, labels: object, { counts, sum }: { counts: Float64Array; sum: number }): Value[] {
  let count = 0
  const buckets = [...counts].map((one, at) => {
    count += one
    return { labels: { le: bounds[at] ?? '+Inf', ...labels }, value: count, metricName: `${name}_bucket` }
  })
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ]
}

function attempt(read: () => number): number {
  try {
    return read()
  } catch {
    return Number.NaN
  }
}
