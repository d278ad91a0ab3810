import { inTransaction } from './database.ts'
import type { Mailbox } from './mailbox.ts'
import { team } from './mailbox.ts'

export type Person = { readonly id: string; readonly name: string; readonly email: string }

/** Equal for equal addresses, however they are written in capitals. 32 bytes. */
async function fingerprintOf(mailbox: Mailbox, email: string): Promise<Uint8Array> {
  const [token] = await mailbox.people.index({ subject: team, field: 'email', values: [email], bits: 256 })
  return token as Uint8Array
}

/**
 * Keeps who was here, so that others can share with them by their address. Sealed under the person's own key: whoever is erased in Custodia
 * has no name here either.
 */
export async function keepPerson(mailbox: Mailbox, { id, name, email }: Person): Promise<void> {
  const { database } = mailbox
  const fingerprint = await fingerprintOf(mailbox, email)
  const fields = { name: name.toWellFormed(), email: email.toWellFormed() }
  const sealed = await mailbox.people.seal({ subject: id, record: id, fields })
  inTransaction(database, () => {
    // An address is one person's: whoever had it before has another one now.
    database.prepare('DELETE FROM person WHERE id = ? OR fingerprint = ?').run(id, fingerprint)
    database
      .prepare('INSERT INTO person (id, fingerprint, name, email) VALUES (?, ?, ?, ?)')
      .run(id, fingerprint, sealed.name as Uint8Array, sealed.email as Uint8Array)
  })
}

/** @returns the id of whoever came with this address; null where nobody did. */
export async function personAt(mailbox: Mailbox, email: string): Promise<string | null> {
  const fingerprint = await fingerprintOf(mailbox, email)
  const row = mailbox.database.prepare('SELECT id FROM person WHERE fingerprint = ?').get(fingerprint)
  return (row?.id as string | undefined) ?? null
}

/** Those of these ids who were here and were not erased since. */
export async function peopleOf(mailbox: Mailbox, ids: readonly string[]): Promise<Map<string, Person>> {
  const find = mailbox.database.prepare('SELECT id, name, email FROM person WHERE id = ?')
  const rows = [...new Set(ids)].map((id) => find.get(id)).filter((row) => row !== undefined)
  if (rows.length === 0) return new Map()
  const records = rows.map((row) => {
    const id = row.id as string
    return { subject: id, record: id, fields: { name: row.name as Uint8Array, email: row.email as Uint8Array } }
  })
  const opened = await mailbox.people.openText(records, { shredded: 'null' })
  return new Map(
    rows.flatMap((row, at) => {
      const { name = '', email = '' } = opened[at] ?? {}
      return email === '' ? [] : [[row.id as string, { id: row.id as string, name, email }]]
    }),
  )
}
