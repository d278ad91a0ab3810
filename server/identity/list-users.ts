import type { User, Users } from '@custodia/wire/http/identity.ts'
import { isRefusal } from '../platform/errors.ts'
import { normaliseAddress } from './email-address.ts'
import type { Parts } from './parts.ts'
import { emailIndex } from './parts.ts'
import { showUser } from './show-user.ts'
import type { PersonRow, Position, State } from './store.ts'
import { readByEmail, readPeople } from './store.ts'

export type UserQuery = {
  readonly search?: string
  readonly state?: State
  readonly cursor?: string
  readonly limit?: number
}

const defaultLimit = 50

/**
 * People of an organisation, the first to come first. A search finds the one who has exactly this address: names and addresses
 * are sealed, so there is nothing else to search in.
 */
export async function listUsers(parts: Parts, organisationId: string, query: UserQuery): Promise<Users> {
  const { queries } = parts.context.database
  if (query.search !== undefined) {
    const address = normaliseAddress(query.search)
    const row = address === null ? null : await readByEmail(queries, await emailIndex(parts, address))
    return {
      items: await show(parts, organisationId, row?.organisation_id === organisationId ? [row] : []),
      next: null,
    }
  }
  const limit = query.limit ?? defaultLimit
  const after = query.cursor === undefined ? null : readCursor(query.cursor)
  const rows = await readPeople(queries, organisationId, { after, limit: limit + 1, state: query.state })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = rows.length > limit && last !== undefined ? writeCursor(last) : null
  return { items: await show(parts, organisationId, page), next }
}

/** A person whose key was destroyed is about to be erased: there is nobody to show any more. */
async function show(parts: Parts, organisationId: string, rows: readonly PersonRow[]): Promise<User[]> {
  const ids = rows.map((row) => row.id)
  const roles = await parts.access.rolesOfMany(organisationId, ids)
  const shown = await Promise.all(
    rows.map(async (row) => {
      try {
        return await showUser(parts, row, roles.get(row.id) ?? [])
      } catch (error) {
        if (isRefusal(error, 'KEY_SHREDDED')) return null
        throw error
      }
    }),
  )
  return shown.filter((user) => user !== null)
}

const writeCursor = (row: PersonRow): string =>
  Buffer.from(`${row.created_at.getTime()} ${row.id}`).toString('base64url')

/** One that is not ours begins at the first page: it names a place, and gives no right to anything. */
function readCursor(cursor: string): Position | null {
  const match = /^(\d{1,15}) (usr_[a-z2-7]{26})$/.exec(Buffer.from(cursor, 'base64url').toString())
  return match === null ? null : { createdAt: new Date(Number(match[1])), id: match[2] as string }
}
