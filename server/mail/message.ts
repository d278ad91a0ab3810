import type { MailMessage, TextMessage } from './api.ts'
import { isE164 } from './texts/prefixes.ts'

/** What is sealed of a message. A text has an empty subject. */
export type Body = { readonly to: string; readonly subject: string; readonly text: string }

export const maxBodyBytes = 16_384
const maxSubject = 200
const maxTextCharacters = 500

/**
 * Checks what would break out of its place in a mail (RFC 5322 §2.2: a header ends with its line), and the sizes.
 *
 * @returns the body as it is sealed: JSON.
 * @throws RangeError, without a word of the mail in it.
 */
export function bodyOf({ to, kind, subject, text }: MailMessage): string {
  checkKind(kind)
  if (!oneLine(to) || /[\s<>]/.test(to)) throw new RangeError('the address of a mail would end its header')
  if (!oneLine(subject)) throw new RangeError('the subject of a mail is not one line')
  if (subject.trim() === '' || subject.length > maxSubject)
    throw new RangeError('the subject of a mail has a wrong size')
  checkText(text)
  const body: Body = { to: to.toWellFormed(), subject: subject.toWellFormed(), text: text.toWellFormed() }
  const json = JSON.stringify(body)
  if (Buffer.byteLength(json) > maxBodyBytes) throw new RangeError('a mail is too large')
  return json
}

/** As `bodyOf`, for a text message. */
export function textBodyOf({ to, kind, text }: TextMessage): string {
  checkKind(kind)
  if (!isE164(to)) throw new RangeError('the number of a text is not E.164')
  checkText(text)
  if (text.trim() === '' || text.length > maxTextCharacters) throw new RangeError('a text has a wrong size')
  const body: Body = { to, subject: '', text: text.toWellFormed() }
  return JSON.stringify(body)
}

function checkKind(kind: string): void {
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(kind) || kind.length > 64) throw new RangeError('the kind of a mail is not a word')
}

/** Nothing but line feeds and tabs: a carriage return could end what a mail server takes for the text. */
function checkText(text: string): void {
  if (/[^\P{Cc}\n\t]/u.test(text)) throw new RangeError('the text of a mail has control characters')
}

// Unicode's own line ends count: what shows a header may break it there.
const oneLine = (text: string): boolean => !/[\p{Cc}\u2028\u2029]/u.test(text)

export const readBody = (json: Buffer): Body => JSON.parse(json.toString()) as Body
