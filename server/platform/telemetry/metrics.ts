/** Figures of one process, in the Prometheus text format on the admin listener. */
export type Metrics = {
  /** Only goes up. Declare once per name; `labels` must have few values, never one chosen by a stranger. */
  counter(
    name: string,
    help: string,
    labels?: readonly string[],
  ): { add(by?: number, labels?: Record<string, string>): void }
  /** `read` is called at each scrape. */
  gauge(name: string, help: string, read: () => number): void
  /** Seconds; buckets from 0.5 ms to 10 s. */
  duration(
    name: string,
    help: string,
    labels?: readonly string[],
  ): {
    observe(seconds: number, labels?: Record<string, string>): void
  }
}
