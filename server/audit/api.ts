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

/** One entry that has its place in the tree, as it was hashed, but for what is sealed in it. */
export type PlacedEntry = Omit<AboutEntry, 'personal'> & {
  /** Its place: entries never change theirs, and none appears before one that is there. */
  readonly index: number
  readonly organisationId: string
  readonly subjectId: string | null
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
  /**
   * What some organisations may react to, by index from a cursor: nothing is missed and nothing comes twice, whoever reads and whenever.
   *
   * @param from where the last reading ended; 0 at first.
   * @param end where to stop: a size that was read before, which is all that an answer without organisations holds.
   * @returns at most 500 entries in their order, and where to go on: the size of the tree where there is nothing more now.
   */
  placed(
    from: number,
    organisationIds: readonly string[],
    end?: number,
  ): Promise<{ readonly entries: readonly PlacedEntry[]; readonly next: number }>
  /** One entry of an organisation, with its sealed fields where they are asked for. Null where it has none at this place. */
  entryAt(
    organisationId: string,
    index: number,
    options: { readonly personal: boolean },
  ): Promise<(PlacedEntry & Pick<AboutEntry, 'personal'>) | null>
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
