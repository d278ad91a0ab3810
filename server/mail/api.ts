import type { Queries } from '../platform/database/database.ts'

export type MailMessage = {
  /** Null for mail of the installation. */
  readonly organisationId: string | null
  /** Whose mail it is (`usr_…`): it is sealed under their key, counted for them, exported and erased with them. */
  readonly subjectId: string
  /** One address, as in `mira@example.org`; 254 bytes at most. */
  readonly to: string
  /** What it is for, as in `sign-in-code`: a lower-case word or several with hyphens, 64 characters at most. */
  readonly kind: string
  /** One line, 1 to 200 characters. */
  readonly subject: string
  /** Plain text. Lines end with a line feed. With address and subject 16,384 bytes of JSON at most. */
  readonly text: string
}

export type Mail = {
  /**
   * Queues a message in the caller's transaction. It is delivered after the commit, in the background, with retries for a
   * day: at least once, and twice only where a process or its database connection ended between sending and saying so.
   *
   * What can't be sent for a reason that lies in the data (the hourly limit of this person, an address that SMTP can't carry,
   * a person who was erased, no transport) is withheld: counted, noted as `mail.message.withheld`, and not thrown.
   *
   * @param tx the very object that `Database.transaction` handed out.
   * @throws RangeError for control characters or line breaks in an address or subject, and beyond the sizes above: a mistake
   *   of the caller. Its message repeats nothing of the mail.
   */
  send(tx: Queries, message: MailMessage): Promise<void>
  /** False where neither SMTP nor the development mailbox is on: nobody must then be promised a mail. */
  readonly deliverable: boolean
}
