import type { Problem } from '../mail/problem.ts'
import { labelsOf } from './labels.ts'
import type { Mailbox } from './mailbox.ts'
import { oneOf } from './places.ts'
import type { AttachmentEntry } from './sealed-fields.ts'
import { openContents, openPieces, openShort } from './sealed-fields.ts'

export type StoredMessage = {
  readonly id: string
  /** The mailbox or folder that it is in. */
  readonly placeId: string
  readonly receivedMs: number
  readonly size: number
  readonly subject: string
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly date: string
  readonly attachments: readonly AttachmentEntry[]
  readonly hasHtml: boolean
  readonly labelIds: readonly string[]
}

/** What stands in the head of a message and what it holds, without its text. Null where these places have none of this id. */
export async function readMessage(
  mailbox: Mailbox,
  id: string,
  places: readonly string[],
): Promise<StoredMessage | null> {
  const row = mailbox.database
    .prepare(
      `SELECT received_ms AS receivedMs, size, place_id AS placeId FROM message
       WHERE id = ? AND problem IS NULL AND place_id IN ${oneOf}`,
    )
    .get(id, JSON.stringify(places))
  const contents = row === undefined ? null : await openContents(mailbox, id)
  if (row === undefined || contents === null) return null
  const [fields] = await openShort(mailbox, [id], ['subject', 'from', 'to', 'cc', 'date'])
  if (fields === null || fields === undefined) return null
  return {
    id,
    ...fields,
    placeId: String(row.placeId),
    receivedMs: Number(row.receivedMs),
    size: Number(row.size),
    attachments: contents.attachments,
    hasHtml: contents.html !== null,
    labelIds: labelsOf(mailbox, [id])[0] ?? [],
  }
}

/** The text or the HTML of a message. Null where it has none. */
export async function readBody(mailbox: Mailbox, id: string, kind: 'text' | 'html'): Promise<string | null> {
  const count = (await openContents(mailbox, id))?.[kind] ?? null
  return count === null ? null : ((await openPieces(mailbox, id, kind, count))?.toString('utf8') ?? null)
}

/** Whether one of these places has this message, malformed ones included. */
export function isIn({ database }: Mailbox, id: string, places: readonly string[]): boolean {
  const find = database.prepare(`SELECT 1 FROM message WHERE id = ? AND place_id IN ${oneOf}`)
  return find.get(id, JSON.stringify(places)) !== undefined
}

/** A message as it came, malformed ones included. Null where there is none of this id. */
export async function readRaw(mailbox: Mailbox, id: string): Promise<Buffer | null> {
  const contents = await openContents(mailbox, id)
  return contents === null ? null : await openPieces(mailbox, id, 'raw', contents.raw)
}

/** Remembers that this person has read it. Doing it twice is doing it once. */
export function markSeen({ database }: Mailbox, id: string, person: string): void {
  database
    .prepare('INSERT OR IGNORE INTO seen (person, message_id) SELECT ?, id FROM message WHERE id = ?')
    .run(person, id)
}

export type MalformedMessage = {
  readonly id: string
  readonly problem: Problem
  readonly size: number
  readonly importedMs: number
  readonly origin: string
}

/** The newest in these places that could not be read, 100 at most, and how many there are. */
export async function malformedMessages(
  mailbox: Mailbox,
  places: readonly string[],
): Promise<{ items: MalformedMessage[]; total: number }> {
  const unread = `FROM message WHERE problem IS NOT NULL AND place_id IN ${oneOf}`
  const named = JSON.stringify(places)
  const rows = mailbox.database
    .prepare(
      `SELECT id, problem, size, received_ms AS importedMs ${unread} ORDER BY received_ms DESC, id DESC LIMIT 100`,
    )
    .all(named)
  const total = mailbox.database.prepare(`SELECT count(*) AS total ${unread}`).get(named)?.total
  const ids = rows.map((row) => row.id as string)
  const fields = await openShort(mailbox, ids, ['origin'])
  const items = rows.map((row, index) => ({ ...row, origin: fields[index]?.origin ?? '' }) as MalformedMessage)
  return { items, total: Number(total) }
}
