import type { Verification } from '../../packages/wire/src/ledger/verify-ledger.ts'
import type { Recorder } from '../platform/events/event.ts'

/** The ledger, for modules above it. Recording goes through `Context.recorder`, which the ledger implements. */
export type Ledger = Recorder & {
  /** Resolves when everything noted or committed before the call stands in a signed checkpoint. */
  settle(): Promise<{ size: number }>
  /**
   * Verifies all that the database holds, in bounded memory: minutes for millions of entries.
   *
   * @param options.earlier signed checkpoints that were kept elsewhere: without one, a roll-back of everything shows nowhere.
   */
  verify(options?: {
    readonly earlier?: readonly string[]
    readonly signal?: AbortSignal
    onProgress?(checked: number, size: number): void
  }): Promise<Verification>
}
