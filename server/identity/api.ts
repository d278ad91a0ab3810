import type { Queries } from '../platform/database/database.ts'
import type { Administration } from './administration.ts'

/** What other modules may know about a person. */
export type Person = {
  readonly id: string
  readonly organisationId: string
  readonly email: string
  readonly name: string
}

/** People to take over from elsewhere. */
export type Import = {
  readonly organisationId: string
  /** JSON lines with `email`, `name`, `roles` and `hash`. */
  readonly text: string
  /** Told now and then how far it is. */
  readonly progress: (done: number, of: number) => void
}

/** What a person is told of the keys that call in their name. */
export type KeyNotice = 'key-made' | 'key-leaked'

/** Somebody said of a notice that it was not them. */
export type DisownedListener = (
  tx: Queries,
  person: { readonly organisationId: string; readonly userId: string },
) => Promise<void>

export type Identity = {
  /** @returns null where there is nobody, or they may not sign in any more. Cached for a minute at most. */
  person(userId: string): Promise<Person | null>
  /**
   * Makes the link by which the first administrator sets the installation up, as in `https://custodia.example/setup#TOKEN`.
   * It works once, for 24 hours; one made before stops working.
   *
   * @returns null where an organisation exists already.
   */
  createSetupLink(): Promise<{ readonly link: string; readonly expiresAt: Date } | null>
  /**
   * Takes over people with the hashes of the passwords that they have elsewhere: a whole file or nothing of it.
   *
   * @returns how many.
   * @throws Error that names the lines and fields that are wrong.
   */
  importUsers(what: Import): Promise<number>
  /** What the operator's own commands do. For them only: it asks nobody for permission. */
  readonly administration: Administration
  /** Tells a person, in the caller's transaction. Who may not sign in, or can't be written to, is not told. */
  tellOfKey(tx: Queries, userId: string, what: KeyNotice): Promise<void>
  /**
   * Called within the transaction in which a person disowns what was done in their account: what else somebody could have left behind
   * to come back by goes then, or none of it does.
   */
  onDisowned(listener: DisownedListener): () => void
  /** Identifiers of the installation's organisations, the oldest first, at most `limit`. */
  organisations(limit: number): Promise<readonly string[]>
}
