import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Id, Instant } from './common.ts'

/** A mail or a text message that was kept instead of sent. */
export const KeptMail = Type.Object({
  id: Id('msg'),
  channel: Type.Union([Type.Literal('mail'), Type.Literal('text')]),
  /** What it is for, as in `sign-in-code`. */
  kind: Type.String(),
  createdAt: Instant,
  /** Whose mail it is. */
  subjectId: Type.String(),
  /** A mail address, or a number as E.164. */
  to: Type.String(),
  /** Empty for a text message. */
  subject: Type.String(),
  /** Plain text. */
  text: Type.String(),
})
export type KeptMail = Static<typeof KeptMail>

/** `GET /v1/mailbox`, newest first, at most 100: needs `mail:mailbox:read`. 404 MAIL_MAILBOX_OFF where mail is really sent. */
export const Mailbox = Type.Object({ items: Type.Array(KeptMail) })
export type Mailbox = Static<typeof Mailbox>
