import type { Verification } from '../../packages/wire/src/ledger/verify-ledger.ts'
import type { Recorder } from '../platform/events/event.ts'
import type { About } from './store.ts'

export type { About }

/** One entry about somebody, as it was hashed. */
export type AboutEntry = {
  /** `evt_…` */
  readonly id: string
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string
  readonly type: string
  readonly actor: { readonly kind: string; readonly id?: string }
  readonly data: Readonly<Record<string, unknown>>
  /** Null where there are none, they were not asked for, or the key was destroyed. */
  readonly personal: Readonly<Record<string, unknown>> | null
}

/** The ledger, for modules above it. Recording goes through `Context.recorder`, which the ledger implements. */
export type Ledger = Recorder & {
  /**
   * What happened to somebody, newest first. Reads at most 1,000 entries about them, so a page may be short, or empty, and not be the last.
   * That somebody read it is for the caller to record, before it is shown.
   *
   * @param options.limit 1 to 100.
   * @param options.personal opens the sealed fields.
   * @returns `next` is the `before` of the next page; null on the last.
   */
  about(
    about: About,
    options: { readonly limit: number; readonly personal: boolean },
  ): Promise<{ readonly items: readonly AboutEntry[]; readonly next: string | null }>
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
