/** One mailbox with the name that is shown beside it. */
export type Sender = { readonly name: string; readonly address: string }

// RFC 5321 §4.1.2 Dot-string with the letters of RFC 6531; a quoted local part is legal, and nobody has one.
const address =
  /^[^\s\p{Cc}()<>[\]:;@\\,."]+(?:\.[^\s\p{Cc}()<>[\]:;@\\,."]+)*@[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}.-]*[\p{L}\p{M}\p{N}])?$/u

/** True where SMTP can carry mail to it as it stands. */
export const isMailable = (text: string): boolean =>
  address.test(text) && !text.includes('..') && Buffer.byteLength(text) <= 254

/**
 * Reads `accounts@example.org` or `Northwind Studio <accounts@example.org>`.
 *
 * @throws Error with a reason in words.
 */
export function parseSender(text: string): Sender {
  const match = /^(?:([^<>"\p{Cc}]{1,100}) )?<([^<>]+)>$/u.exec(text)
  const sender = { name: match?.[1]?.trim() ?? '', address: match?.[2] ?? text }
  if (!isMailable(sender.address)) throw new Error('it is not an address')
  return sender
}
