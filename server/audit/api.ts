import type { Recorder } from '../platform/events/event.ts'

/** The ledger, for modules above it. Recording goes through `Context.recorder`, which the ledger implements. */
export type Ledger = Recorder & {
  /** Resolves when everything noted or committed before the call stands in a signed checkpoint. */
  settle(): Promise<{ size: number }>
}
