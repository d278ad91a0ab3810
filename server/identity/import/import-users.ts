import type { Queries } from '../../platform/database/database.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Import } from '../api.ts'
import { createPerson } from '../create-person.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { emailIndex } from '../parts.ts'
import { readForeignHash } from '../passwords/foreign/foreign-hash.ts'
import { importedHashes } from '../passwords/foreign/imported-hashes.ts'
import type { ImportedUser, ImportFault } from './read-import.ts'
import { ImportRefused, readImport } from './read-import.ts'
import { readTaken } from './store.ts'

const atOnce = 500

/**
 * Takes over people with the hashes of the passwords that they have elsewhere. They are active at once, and sign in as they are used to; the
 * first time they do, their hash becomes one of ours. All of the file or nothing of it.
 *
 * @returns how many.
 * @throws ImportRefused with the lines and fields that are wrong, addresses that somebody has already among them.
 */
export async function importUsers(parts: Parts, { organisationId, text, progress }: Import): Promise<number> {
  const { database } = parts.context
  const users = readImport(text, new Set(parts.access.roles().map(({ name }) => name)))
  const taken = await takenAddresses(parts, users)
  if (taken.length > 0) throw new ImportRefused(taken)
  await database.transaction(async (tx) => {
    for (const [index, user] of users.entries()) {
      if (index % atOnce === 0) progress(index, users.length)
      await importUser(parts, tx, organisationId, user)
    }
  })
  progress(users.length, users.length)
  return users.length
}

async function takenAddresses(parts: Parts, users: readonly ImportedUser[]): Promise<readonly ImportFault[]> {
  const faults: ImportFault[] = []
  for (let start = 0; start < users.length; start += atOnce) {
    const some = users.slice(start, start + atOnce)
    const indexes = await Promise.all(some.map(({ normalised }) => emailIndex(parts, normalised)))
    const found = new Set((await readTaken(parts.context.database.queries, indexes)).map((one) => one.toString('hex')))
    for (const [at, { line }] of some.entries())
      if (found.has((indexes[at] as Buffer).toString('hex')))
        faults.push({ line, field: 'email', detail: 'belongs to somebody already' })
  }
  return faults
}

async function importUser(parts: Parts, tx: Queries, organisationId: string, user: ImportedUser): Promise<void> {
  const { email, name, roles, hash, line } = user
  const actor = { kind: 'system' } as const
  const password = await importedHashes(parts.keyring).seal(hash)
  try {
    const made = { organisationId, email, name, password, roles, by: null, actor, imported: true }
    const person = await createPerson(parts, tx, made)
    const data = { user: person.id, roles: [...roles], scheme: readForeignHash(hash)?.scheme ?? '' }
    const about = { organisationId, actor, subjectId: person.id, data, personal: { email, name } }
    await parts.context.recorder.record(tx, event('user.imported', about))
  } catch (error) {
    const fault = faultOf(error, line)
    throw fault === null ? error : new ImportRefused([fault])
  }
}

/** What only shows at the insert: a role of machines, and somebody who took the address a moment ago. */
function faultOf(error: unknown, line: number): ImportFault | null {
  if (isRefusal(error, 'ACCESS_ROLE_UNKNOWN'))
    return { line, field: 'roles', detail: 'has one that people are not given' }
  if (isRefusal(error, 'IDENTITY_EMAIL_TAKEN')) return { line, field: 'email', detail: 'belongs to somebody already' }
  return null
}
