import type { MailMessage } from './api.ts'

/** What is sealed of a message. */
export type Body = { readonly to: string; readonly subject: string; readonly text: string }

export const maxBodyBytes = 16_384
const maxSubject = 200

/**
 * Checks what would break out of its place in a mail (RFC 5322 §2.2: a header ends with its line), and the sizes.
 *
 * @returns the body as it is sealed: JSON.
 * @throws RangeError, without a word of the mail in it.
 */
export function bodyOf({ to, kind, subject, text }: MailMessage): string {
  if (!/^[a-z]+(?:-[a-z]+)*$/.test(kind) || kind.length > 64) throw new RangeError('the kind of a mail is not a word')
  if (!oneLine(to) || /[\s<>]/.test(to)) throw new RangeError('the address of a mail would end its header')
  if (!oneLine(subject)) throw new RangeError('the subject of a mail is not one line')
  if (subject.trim() === '' || subject.length > maxSubject)
    throw new RangeError('the subject of a mail has a wrong size')
  // Nothing but line feeds and tabs: a carriage return could end what a mail server takes for the text.
  if (/[^\P{Cc}\n\t]/u.test(text)) throw new RangeError('the text of a mail has control characters')
  const body: Body = { to: to.toWellFormed(), subject: subject.toWellFormed(), text: text.toWellFormed() }
  const json = JSON.stringify(body)
  if (Buffer.byteLength(json) > maxBodyBytes) throw new RangeError('a mail is too large')
  return json
}

// Unicode's own line ends count: what shows a header may break it there.
const oneLine = (text: string): boolean => !/[\p{Cc}\u2028\u2029]/u.test(text)

export const readBody = (json: Buffer): Body => JSON.parse(json.toString()) as Body
