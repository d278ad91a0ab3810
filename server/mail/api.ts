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

export type TextMessage = {
  readonly organisationId: string
  /** Whose text it is (`usr_…`): sealed under their key, counted for them, exported and erased with them. */
  readonly subjectId: string
  /** E.164: `+` and 7 to 15 digits. */
  readonly to: string
  /** As a mail's. */
  readonly kind: string
  /** Plain text, 1 to 500 characters in lines that end with a line feed. Without links: people learn not to follow those in texts. */
  readonly text: string
  /** When nobody wants it any more: what was not taken by then is given up. */
  readonly expiresAt: Date
  /** The network address that asked for it; null where nobody did, as with a notice. */
  readonly askedFrom: string | null
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
  /** True where mails or texts are kept for administrators to read, instead of being sent. */
  readonly hasMailbox: boolean
  /**
   * Queues a text message, as `send` does a mail. Withheld besides: numbers that the installation does not write to, and what is over
   * the limits of person, number, network or organisation. The caller does not learn it, so that nobody learns of others.
   *
   * @throws RangeError for what is no number, and for control characters or a wrong size of the text.
   */
  sendText(tx: Queries, message: TextMessage): Promise<void>
  /** False where texts are off, or no number may be written to. */
  readonly textDeliverable: boolean
  /** Whether the installation writes to numbers that begin like this one. */
  canText(number: string): boolean
}
