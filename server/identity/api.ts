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
  /** Identifiers of the installation's organisations, the oldest first, at most `limit`. */
  organisations(limit: number): Promise<readonly string[]>
}
