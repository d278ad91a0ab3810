import { isCustodiaError } from '@custodia/sdk'
import type { Mailbox } from './mailbox.ts'
import { team } from './mailbox.ts'

/** What does not fit into one sealed field is cut into pieces of this many bytes, the most that the SDK seals at once. */
const pieceBytes = 1_048_576
const fieldsAtOnce = 256
/** How many pieces are opened at a time, so that a large message does not stand in memory twice. */
const piecesAtOnce = 8

/** What a message consists of. It is sealed too: it has names in it, and whoever cuts off a piece can't change it. */
export type Contents = {
  readonly raw: number
  readonly text: number | null
  readonly html: number | null
  readonly attachments: readonly AttachmentEntry[]
}

export type AttachmentEntry = {
  readonly name: string | null
  readonly type: string
  readonly contentId: string | null
  readonly inline: boolean
  readonly size: number
  readonly pieces: number
}

/** Cuts a long value: `raw` becomes `raw.0`, `raw.1` and so on; each piece opens at its own place only. */
export function piecesOf(field: string, bytes: Uint8Array): Record<string, Uint8Array> {
  const pieces: Record<string, Uint8Array> = {}
  for (let number = 0; number < pieceCount(bytes); number += 1)
    pieces[`${field}.${number}`] = bytes.subarray(number * pieceBytes, (number + 1) * pieceBytes)
  return pieces
}

/** Nothing is one empty piece, so that it is sealed like anything else. */
export const pieceCount = (bytes: Uint8Array) => Math.max(1, Math.ceil(bytes.byteLength / pieceBytes))

/** Seals all fields of a message, with as many calls as it takes. */
export async function sealFields(
  mailbox: Mailbox,
  messageId: string,
  fields: Readonly<Record<string, string | Uint8Array>>,
): Promise<[string, Uint8Array][]> {
  const entries = Object.entries(fields)
  const sealed: [string, Uint8Array][] = []
  for (let first = 0; first < entries.length; first += fieldsAtOnce) {
    const some = Object.fromEntries(entries.slice(first, first + fieldsAtOnce))
    sealed.push(...Object.entries(await mailbox.messages.seal({ subject: team, record: messageId, fields: some })))
  }
  return sealed
}

/**
 * One long value put together again.
 *
 * @returns null where a piece is not there, which only happens when somebody took it out of the store.
 * @throws CustodiaError ENVELOPE_INVALID where a piece was changed or moved, KEY_SHREDDED.
 */
export async function openPieces(
  mailbox: Mailbox,
  messageId: string,
  field: string,
  count: number,
): Promise<Buffer | null> {
  const opened: Uint8Array[] = []
  for (let first = 0; first < count; first += piecesAtOnce) {
    const names = Array.from({ length: Math.min(piecesAtOnce, count - first) }, (_, step) => `${field}.${first + step}`)
    const fields = sealedFields(mailbox, messageId, names)
    if (Object.keys(fields).length < names.length) return null
    const [pieces] = await mailbox.messages.open([{ subject: team, record: messageId, fields }])
    for (const name of names) opened.push(pieces?.[name] as Uint8Array)
  }
  return Buffer.concat(opened)
}

/**
 * Short fields of many messages, with one call for all keys.
 *
 * @returns in the order of `messageIds`. Null stands for a message of which a field is missing or was changed in the
 * store: one that was tampered with does not hide the others.
 * @throws CustodiaError KEY_SHREDDED and what a call throws.
 */
export async function openShort<Field extends string>(
  mailbox: Mailbox,
  messageIds: readonly string[],
  names: readonly Field[],
): Promise<(Record<Field, string> | null)[]> {
  const opened: (Record<Field, string> | null)[] = messageIds.map(() => null)
  let waiting = messageIds
    .map((record, at) => ({ at, subject: team, record, fields: sealedFields(mailbox, record, names) }))
    .filter(({ fields }) => Object.keys(fields).length === names.length)
  while (waiting.length > 0) {
    try {
      const values = await mailbox.messages.openText(waiting)
      for (const [index, { at }] of waiting.entries()) opened[at] = values[index] as Record<Field, string>
      return opened
    } catch (error) {
      if (!isCustodiaError(error, 'ENVELOPE_INVALID')) throw error
      waiting = waiting.filter((_, index) => index !== error.details.at)
    }
  }
  return opened
}

/** @returns null where there is none, as with a message that is being removed. */
export async function openContents(mailbox: Mailbox, messageId: string): Promise<Contents | null> {
  const [fields] = await openShort(mailbox, [messageId], ['contents'])
  return fields === null || fields === undefined ? null : (JSON.parse(fields.contents) as Contents)
}

function sealedFields(mailbox: Mailbox, messageId: string, fields: readonly string[]): Record<string, Uint8Array> {
  const rows = mailbox.database
    .prepare(`SELECT field, bytes FROM sealed WHERE message_id = ? AND field IN (${fields.map(() => '?').join()})`)
    .all(messageId, ...fields)
  return Object.fromEntries(rows.map((row) => [row.field as string, row.bytes as Uint8Array]))
}
