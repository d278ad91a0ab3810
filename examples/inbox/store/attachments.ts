import { inTransaction } from './database.ts'
import type { Mailbox } from './mailbox.ts'

/**
 * What became of an attachment. `waiting`: it is here, and was not handed over yet. `sent`: Custodia looks at it. `there`: it was looked at
 * and scanned, and may be loaded. `refused`: held back for good. `unchecked`: nobody can look at it. `gone`: it was erased there.
 */
export type AttachmentState = 'waiting' | 'sent' | 'there' | 'refused' | 'unchecked' | 'gone'

export type AttachmentRow = {
  readonly messageId: string
  readonly number: number
  readonly uploadId: string | null
  readonly state: AttachmentState
  /** Why it is refused, unchecked, or still waiting. */
  readonly reason: string | null
  /** It does something when it is opened: whoever loads it is warned. */
  readonly active: boolean
  /** A picture that may be shown: it was made anew from its pixels, and is not too large. */
  readonly picture: boolean
  readonly tries: number
}

const columns = `message_id AS messageId, number, upload_id AS uploadId, state, reason, active, picture, tries`

const rowOf = (row: Record<string, unknown>): AttachmentRow =>
  ({ ...row, active: row.active === 1, picture: row.picture === 1 }) as unknown as AttachmentRow

/** In the order of the message. */
export function attachmentsOf({ database }: Mailbox, messageId: string): AttachmentRow[] {
  return database
    .prepare(`SELECT ${columns} FROM attachment WHERE message_id = ? ORDER BY number`)
    .all(messageId)
    .map(rowOf)
}

/** Takes what is due until `untilMs`, so that another process gets others. */
export function claimDue({ database, nowMs }: Mailbox, most: number, untilMs: number): AttachmentRow[] {
  return database
    .prepare(
      `UPDATE attachment SET due_ms = ? WHERE (message_id, number) IN
         (SELECT message_id, number FROM attachment WHERE due_ms <= ? ORDER BY due_ms LIMIT ?)
       RETURNING ${columns}`,
    )
    .all(untilMs, nowMs(), most)
    .map(rowOf)
}

/** When the next one is due, in milliseconds; infinity where none is. */
export function nextDueMs({ database }: Mailbox): number {
  const row = database.prepare('SELECT min(due_ms) AS dueMs FROM attachment WHERE due_ms IS NOT NULL').get()
  return row?.dueMs == null ? Number.POSITIVE_INFINITY : Number(row.dueMs)
}

type Change = Partial<Pick<AttachmentRow, 'uploadId' | 'state' | 'reason' | 'active' | 'picture' | 'tries'>> & {
  /** When to see to it again; null where it is decided. */
  readonly dueMs: number | null
}

/** @returns false where the message was removed meanwhile. */
export function changeAttachment({ database }: Mailbox, row: AttachmentRow, change: Change): boolean {
  const { uploadId, state, reason, active, picture, tries, dueMs } = { ...row, ...change }
  const { changes } = database
    .prepare(
      `UPDATE attachment SET upload_id = ?, state = ?, reason = ?, active = ?, picture = ?, tries = ?, due_ms = ?
       WHERE message_id = ? AND number = ?`,
    )
    .run(uploadId, state, reason, Number(active), Number(picture), tries, dueMs, row.messageId, row.number)
  return changes === 1
}

/** Custodia has it, or refused it: its pieces here are one copy more to protect. The original has it still. */
export function dropPieces({ database }: Mailbox, { messageId, number }: AttachmentRow): void {
  database
    .prepare('DELETE FROM sealed WHERE message_id = ? AND field GLOB ?')
    .run(messageId, `attachment${number}.[0-9]*`)
}

/** Everything of a message, in one step; what Custodia has of it is erased after it, as often as it takes. */
export function removeMessage({ database }: Mailbox, id: string, placeId: string): boolean {
  return inTransaction(database, () => {
    const here = database.prepare('SELECT 1 FROM message WHERE id = ? AND place_id = ?').get(id, placeId)
    if (here === undefined) return false
    database
      .prepare(
        `INSERT OR IGNORE INTO erasure (upload_id)
         SELECT upload_id FROM attachment WHERE message_id = ? AND upload_id IS NOT NULL`,
      )
      .run(id)
    for (const table of ['attachment', 'sealed', 'word', 'labelled', 'seen'])
      database.prepare(`DELETE FROM ${table} WHERE message_id = ?`).run(id)
    database.prepare('DELETE FROM message WHERE id = ?').run(id)
    return true
  })
}

/** The keys of all mail were destroyed: what Custodia has of it goes, too. */
export function forgetAll({ database }: Mailbox): void {
  inTransaction(database, () => {
    database.exec(
      'INSERT OR IGNORE INTO erasure (upload_id) SELECT upload_id FROM attachment WHERE upload_id IS NOT NULL',
    )
    database.exec(`UPDATE attachment SET state = 'gone', reason = NULL, upload_id = NULL, due_ms = NULL`)
  })
}

export function eraseUpload({ database }: Mailbox, uploadId: string): void {
  database.prepare('INSERT OR IGNORE INTO erasure (upload_id) VALUES (?)').run(uploadId)
}

/** What is to be erased at Custodia and due, the longest waiting first. */
export function dueErasures({ database, nowMs }: Mailbox, most: number): { uploadId: string; tries: number }[] {
  return database
    .prepare('SELECT upload_id AS uploadId, tries FROM erasure WHERE due_ms <= ? ORDER BY due_ms LIMIT ?')
    .all(nowMs(), most) as { uploadId: string; tries: number }[]
}

export function erased({ database }: Mailbox, uploadId: string): void {
  database.prepare('DELETE FROM erasure WHERE upload_id = ?').run(uploadId)
}

export function eraseLater({ database }: Mailbox, uploadId: string, tries: number, dueMs: number): void {
  database.prepare('UPDATE erasure SET tries = ?, due_ms = ? WHERE upload_id = ?').run(tries, dueMs, uploadId)
}
