/** Something to do again and again, by one process at a time. */
export type Job = {
  /** As in `sessions.sweep`. */
  readonly name: string
  /** How long after one run ends the next may begin, anywhere. 1 to 86,400. */
  readonly everySeconds: number
  /** Must be safe to stop at any point and to run again. `signal` is aborted when the server stops. */
  run(signal: AbortSignal): Promise<void>
}
