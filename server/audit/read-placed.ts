import type { Keyring } from '../keyring/api.ts'
import type { Database, Queries } from '../platform/database/database.ts'
import type { AboutEntry, PlacedEntry } from './api.ts'
import type { Body } from './entry.ts'
import { openPersonal, readBody } from './entry.ts'
import { latestCheckpoint, readPlacedOf } from './store.ts'

const most = 500
/** How far one reading looks, whatever is in between. */
const stride = 50_000

/** The next entries of these organisations by their places in the tree. What is shown comes from the bodies that were hashed. */
export async function readPlaced(
  queries: Queries,
  from: number,
  organisationIds: readonly string[],
  end?: number,
): Promise<{ entries: PlacedEntry[]; next: number }> {
  const size = end ?? (await latestCheckpoint(queries))?.size ?? 0
  if (organisationIds.length === 0 || from >= size) return { entries: [], next: Math.max(from, size) }
  const to = Math.min(size, from + stride)
  const found = await readPlacedOf(queries, { from, to, organisationIds }, most)
  const wanted = new Set(organisationIds)
  const entries = found.flatMap(({ index, body: bytes }) => {
    const body = readBody(bytes)
    // A column that says otherwise was changed.
    return body !== null && isOf(body, wanted) ? [placed(index, body)] : []
  })
  return { entries, next: found.length < most ? to : (found.at(-1)?.index ?? from) + 1 }
}

/** One entry by its place, for whoever read of it before. */
export async function readEntryAt(
  { database, keyring }: { readonly database: Database; readonly keyring: Keyring },
  organisationId: string,
  index: number,
  personal: boolean,
): Promise<(PlacedEntry & Pick<AboutEntry, 'personal'>) | null> {
  const organisationIds = [organisationId]
  const [found] = await readPlacedOf(database.queries, { from: index, to: index + 1, organisationIds }, 1)
  const body = found === undefined ? null : readBody(found.body)
  if (body === null || !isOf(body, new Set(organisationIds))) return null
  return { ...placed(index, body), personal: personal ? await openPersonal(keyring, body) : null }
}

const isOf = (body: Body, organisations: ReadonlySet<string>): body is Body & { organisation: string } =>
  body.organisation !== null && organisations.has(body.organisation)

const placed = (index: number, body: Body & { organisation: string }): PlacedEntry => ({
  index,
  id: body.id,
  at: body.at,
  type: body.type,
  actor: body.actor,
  organisationId: body.organisation,
  subjectId: body.subject,
  data: body.data,
})
