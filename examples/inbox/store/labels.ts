import { inTransaction } from './database.ts'
import { labelFingerprint } from './index-tokens.ts'
import type { Mailbox } from './mailbox.ts'
import { newId, team } from './mailbox.ts'
import { oneOf } from './places.ts'

export type Label = { readonly id: string; readonly name: string; readonly messages: number }

export const maxLabels = 100
export const maxLabelName = 40

/** @returns null where it is not a name: empty, longer than 40 characters, or with control characters. */
export function labelName(text: string): string | null {
  const name = text.normalize('NFC').replace(/\s+/gu, ' ').trim()
  const fits = name !== '' && [...name].length <= maxLabelName && !/[\p{Cc}\p{Cf}]/u.test(name)
  return fits ? name : null
}

/** The labels of messages in these places, with how many there carry them, by name. One that only others carry is not there. */
export async function labelsIn(mailbox: Mailbox, places: readonly string[]): Promise<Label[]> {
  const rows = mailbox.database
    .prepare(
      `SELECT label.id, label.name, count(labelled.message_id) AS messages
       FROM label JOIN labelled ON labelled.label_id = label.id JOIN message ON message.id = labelled.message_id
       WHERE message.place_id IN ${oneOf} GROUP BY label.id LIMIT ?`,
    )
    .all(JSON.stringify(places), maxLabels)
  if (rows.length === 0) return []
  const records = rows.map((row) => ({
    subject: team,
    record: row.id as string,
    fields: { name: row.name as Uint8Array },
  }))
  const opened = await mailbox.labels.openText(records)
  return rows
    .map((row, index) => ({
      id: row.id as string,
      name: opened[index]?.name ?? '',
      messages: Number(row.messages),
    }))
    .sort((one, other) => one.name.localeCompare(other.name))
}

/**
 * The label of this name; made where there is none.
 *
 * @param name as `labelName` gives it.
 * @returns its id; null where there are 100 already.
 */
export async function labelNamed(mailbox: Mailbox, name: string): Promise<string | null> {
  const { database } = mailbox
  const fingerprint = await labelFingerprint(mailbox, name)
  const find = database.prepare('SELECT id FROM label WHERE fingerprint = ?')
  const known = find.get(fingerprint)
  if (known !== undefined) return known.id as string
  const id = newId()
  const sealed = await mailbox.labels.seal({ subject: team, record: id, fields: { name } })
  return inTransaction(database, () => {
    // Somebody may have made it while we sealed.
    const made = find.get(fingerprint)
    if (made !== undefined) return made.id as string
    if (Number(database.prepare('SELECT count(*) AS labels FROM label').get()?.labels) >= maxLabels) return null
    database
      .prepare('INSERT INTO label (id, fingerprint, name) VALUES (?, ?, ?)')
      .run(id, fingerprint, sealed.name as Uint8Array)
    return id
  })
}

/** Doing it twice is doing it once. @returns false where there is no such message or label. */
export function addLabel({ database }: Mailbox, messageId: string, labelId: string): boolean {
  const result = database
    .prepare(
      `INSERT INTO labelled (message_id, label_id)
       SELECT message.id, label.id FROM message, label WHERE message.id = ? AND label.id = ? AND message.problem IS NULL
       ON CONFLICT DO UPDATE SET label_id = label_id`,
    )
    .run(messageId, labelId)
  return result.changes > 0
}

/** Takes a label off. One that no message carries any more is gone. */
export function removeLabel({ database }: Mailbox, messageId: string, labelId: string): void {
  inTransaction(database, () => {
    database.prepare('DELETE FROM labelled WHERE message_id = ? AND label_id = ?').run(messageId, labelId)
    database
      .prepare('DELETE FROM label WHERE id = ? AND NOT EXISTS (SELECT 1 FROM labelled WHERE label_id = label.id)')
      .run(labelId)
  })
}

/** The ids of the labels of each message, in the order of `messageIds`. */
export function labelsOf({ database }: Mailbox, messageIds: readonly string[]): string[][] {
  const find = database.prepare('SELECT label_id FROM labelled WHERE message_id = ?')
  return messageIds.map((id) => find.all(id).map((row) => row.label_id as string))
}
