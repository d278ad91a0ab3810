import { inTransaction } from './database.ts'
import type { Mailbox } from './mailbox.ts'
import { newId, team } from './mailbox.ts'

/** A mailbox, or a folder in one. The team's has the id `team`, a person's that person's; a folder's says nothing. */
export type Place = {
  readonly id: string
  /** The mailbox that a folder is in. Null where it is a mailbox itself. */
  readonly mailboxId: string | null
  /** Of a person's mailbox, the person's. */
  readonly name: string
}

export const teamPlace = 'team'
export const maxFolders = 50
export const maxFolderName = 40

/** SQL for a list that comes as JSON: the statement stays the same, however long the list is. */
export const oneOf = '(SELECT value FROM json_each(?))'

/** What Custodia knows the place as. */
export const resourceOf = ({ id, mailboxId }: Pick<Place, 'id' | 'mailboxId'>) => ({
  type: mailboxId === null ? 'inbox:mailbox' : 'inbox:folder',
  id,
})

export const idsOf = (places: readonly Place[]): string[] => places.map(({ id }) => id)

/** Those of these ids that there are, by name: mailboxes before folders. */
export async function placesOf(mailbox: Mailbox, ids: readonly string[]): Promise<Place[]> {
  const rows = mailbox.database
    .prepare(`SELECT id, mailbox_id AS mailboxId, name FROM place WHERE id IN ${oneOf}`)
    .all(JSON.stringify(ids))
  const sealed = rows.filter((row) => row.name !== null)
  const records = sealed.map((row) => ({
    ...{ subject: team, record: row.id as string, fields: { name: row.name as Uint8Array } },
  }))
  const opened = records.length === 0 ? [] : await mailbox.places.openText(records)
  const names = new Map(sealed.map((row, at) => [row.id, opened[at]?.name ?? '']))
  return rows
    .map((row) => ({
      id: row.id as string,
      mailboxId: row.mailboxId as string | null,
      name: names.get(row.id as string) ?? 'Team',
    }))
    .sort((one, other) => Number(one.mailboxId !== null) - Number(other.mailboxId !== null) || byName(one, other))
}

const byName = (one: Place, other: Place) => one.name.localeCompare(other.name)

/** Folders of these mailboxes. */
export function foldersIn({ database }: Mailbox, mailboxIds: readonly string[]): string[] {
  const rows = database.prepare(`SELECT id FROM place WHERE mailbox_id IN ${oneOf}`).all(JSON.stringify(mailboxIds))
  return rows.map((row) => row.id as string)
}

/** A mailbox of this id, made where there is none. @returns true where Custodia knows already whose it is. */
export async function keepMailbox(mailbox: Mailbox, id: string, name: string): Promise<boolean> {
  const { database } = mailbox
  const row = database.prepare('SELECT settled FROM place WHERE id = ?').get(id)
  if (row !== undefined) return row.settled === 1
  const sealed = await mailbox.places.seal({ subject: team, record: id, fields: { name: name.toWellFormed() } })
  database.prepare('INSERT OR IGNORE INTO place (id, name) VALUES (?, ?)').run(id, sealed.name as Uint8Array)
  return false
}

/** @returns the new folder's id; null where the mailbox has 50 already. */
export async function makeFolder(mailbox: Mailbox, mailboxId: string, name: string): Promise<string | null> {
  const { database } = mailbox
  const id = newId()
  const sealed = await mailbox.places.seal({ subject: team, record: id, fields: { name } })
  return inTransaction(database, () => {
    if (foldersIn(mailbox, [mailboxId]).length >= maxFolders) return null
    database
      .prepare('INSERT INTO place (id, mailbox_id, name) VALUES (?, ?, ?)')
      .run(id, mailboxId, sealed.name as Uint8Array)
    return id
  })
}

/** Custodia knows now whose the place is, or in which mailbox. */
export function settle({ database }: Mailbox, id: string): void {
  database.prepare('UPDATE place SET settled = 1 WHERE id = ?').run(id)
}

export const isSettled = ({ database }: Mailbox, id: string) =>
  database.prepare('SELECT settled FROM place WHERE id = ?').get(id)?.settled === 1

/** A folder that Custodia never heard of: nobody could see it. */
export function dropFolder({ database }: Mailbox, id: string): void {
  database.prepare('DELETE FROM place WHERE id = ? AND settled = 0 AND mailbox_id IS NOT NULL').run(id)
}

/** Null where there is no such message, or it could not be read. */
export function placeOfMessage({ database }: Mailbox, messageId: string): string | null {
  const row = database.prepare('SELECT place_id FROM message WHERE id = ? AND problem IS NULL').get(messageId)
  return (row?.place_id as string | undefined) ?? null
}

/** Puts a message elsewhere, if it is still where whoever asks saw it. */
export function moveMessage({ database }: Mailbox, id: string, from: string, to: string): boolean {
  const { changes } = database
    .prepare('UPDATE message SET place_id = ? WHERE id = ? AND place_id = ?')
    .run(to, id, from)
  return changes > 0
}
