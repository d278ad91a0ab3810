import type { Address, Email, Attachment as ParsedAttachment } from 'postal-mime'
import PostalMime from 'postal-mime'
import { limits } from './limits.ts'
import type { Problem } from './problem.ts'
import { decodeUtf7, decodeUtf7Words } from './utf-7.ts'

export type Attachment = {
  /** As the sender wrote it: not yet safe as a file's name. */
  readonly name: string | null
  /** Lower case, as in `image/png`; the sender's claim. */
  readonly type: string
  /** Without angle brackets: what `cid:` in the HTML refers to (RFC 2392). */
  readonly contentId: string | null
  /** Meant to stand inside the text, not below it. */
  readonly inline: boolean
  readonly bytes: Uint8Array
}

export type ParsedMessage = {
  readonly subject: string
  readonly from: string
  readonly to: string
  readonly cc: string
  /** The text of the Date line. */
  readonly date: string
  /** Milliseconds since 1970; null where no header says it. */
  readonly sentMs: number | null
  readonly text: string | null
  readonly html: string | null
  readonly attachments: readonly Attachment[]
}

export type Parsed = { readonly message: ParsedMessage } | { readonly problem: Problem }

/** RFC 5322 §3.6, and those that senders of reports and exports leave alone. One is enough to call it a message. */
const telling = new Set([
  ...['from', 'to', 'cc', 'bcc', 'subject', 'date', 'message-id', 'sender', 'reply-to', 'in-reply-to', 'references'],
  ...['received', 'return-path', 'delivered-to', 'mime-version', 'content-type', 'x-mailer'],
])

/**
 * Reads one message (RFC 5322, RFC 2045 to 2049). Nothing in it is executed, fetched or believed.
 *
 * @param raw at most `limits.messageBytes`.
 * @returns the message, or why it can't be read; throws only where the parser itself fails.
 */
export async function parseMessage(raw: Uint8Array): Promise<Parsed> {
  if (raw.byteLength > limits.messageBytes) return { problem: 'TOO_LARGE' }
  let email: Email
  try {
    email = await PostalMime.parse(raw, {
      maxNestingDepth: limits.nesting,
      maxHeadersSize: limits.headerBytes,
      maxRfc822NestingDepth: limits.forwardedNesting,
    })
  } catch (error) {
    return { problem: problemOf(error) }
  }
  if (!email.headers.some((header) => telling.has(header.key) && header.value !== '')) return { problem: 'NO_HEADER' }
  if (email.attachments.length > limits.attachments) return { problem: 'TOO_MANY_ATTACHMENTS' }
  const shown = email.text !== undefined || email.html !== undefined || email.attachments.length > 0
  const text = shown ? email.text : bodyAsItCame(raw)
  const header = (name: string) => email.headers.find((line) => line.key === name)?.value ?? ''
  const decode = /charset="?utf-7\b/i.test(header('content-type')) ? decodeUtf7 : (text: string) => text
  return {
    message: {
      subject: decodeUtf7Words(header('subject')) ?? email.subject ?? '',
      from: addressText(email.from ?? email.sender ?? null),
      to: addressesText(email.to),
      cc: addressesText(email.cc),
      date: header('date'),
      sentMs: sentAt(email.date, header('received')),
      text: text === undefined ? null : decode(text),
      html: email.html === undefined ? null : decode(email.html),
      attachments: email.attachments.map(attachmentFrom),
    },
  }
}

/** What follows the header, where the parser finds no part in it: better read raw than not at all. */
function bodyAsItCame(raw: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(raw)
  const end = /\r?\n\r?\n/.exec(text)
  const body = end === null ? '' : text.slice(end.index + end[0].length)
  return body.trim() === '' ? undefined : body
}

function problemOf(error: unknown): Problem {
  const message = error instanceof Error ? error.message : ''
  if (message.startsWith('Maximum header size')) return 'HEADER_TOO_LARGE'
  if (message.startsWith('Maximum MIME nesting')) return 'NESTED_TOO_DEEP'
  return 'UNREADABLE'
}

function addressText(address: Address | null): string {
  if (address === null) return ''
  if (address.address === undefined) return `${address.name}: ${addressesText(address.group)}`
  if (address.name === '') return address.address
  return address.address === '' ? address.name : `${address.name} <${address.address}>`
}

function addressesText(addresses: readonly Address[] | undefined): string {
  return (addresses ?? []).map(addressText).join(', ')
}

/** The Date line, else the newest Received line, which says the time after its last semicolon (RFC 5321 §4.4). */
function sentAt(date: string | undefined, received: string): number | null {
  const times = [Date.parse(date ?? ''), Date.parse(received.split(';').at(-1) ?? '')]
  return times.find(Number.isFinite) ?? null
}

function attachmentFrom(attachment: ParsedAttachment): Attachment {
  const { content } = attachment
  const contentId = attachment.contentId?.replace(/^\s*<|>\s*$/g, '').slice(0, limits.contentId) ?? null
  return {
    name: attachment.filename?.slice(0, limits.attachmentName) ?? null,
    type: attachment.mimeType.slice(0, limits.attachmentType),
    contentId,
    inline: contentId !== null && (attachment.related === true || attachment.disposition === 'inline'),
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content),
  }
}
