import { canonicalJson } from '../../packages/wire/src/canonical-json.ts'
import type { LedgerEntries, LedgerEntry } from '../../packages/wire/src/http/ledger.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Database } from '../platform/database/database.ts'
import type { Recorder } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { openPersonal, readBody } from './entry.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { StoredEntry } from './store.ts'
import { findEntries } from './store.ts'

export type SearchServices = {
  readonly database: Database
  readonly keyring: Keyring
  readonly recorder: Recorder
  /** What each type of event means, in words. */
  readonly eventCatalogue: Readonly<Record<string, string>>
}

export type Search = {
  readonly type?: string
  readonly actor?: string
  readonly subject?: string
  readonly since?: string
  readonly until?: string
  readonly cursor?: string
  /** 1 to 100. */
  readonly limit?: number
}

/** Whose entries, and how much of them: what the route's permission allows. */
export type Reach = { readonly organisationId: string | null; readonly personal: boolean }

/**
 * Finds entries, newest first. The search itself is recorded before anything is answered; where that fails, so does it.
 *
 * @throws Refusal LEDGER_CURSOR_INVALID, LEDGER_SEARCH_TOO_WIDE
 */
export async function search(
  services: SearchServices,
  principal: Principal,
  reach: Reach,
  { type, actor, subject, since, until, cursor, limit = 50 }: Search,
): Promise<LedgerEntries> {
  const { database, keyring, recorder } = services
  const before = cursor === undefined ? undefined : decodeCursor(cursor)
  const filters = {
    type,
    actor: await safe(keyring, reach, actor),
    subject: await safe(keyring, reach, subject),
    since,
    until,
  }
  const data = { ...filters, continued: cursor !== undefined, personal: reach.personal }
  const searched = event('ledger.searched', {
    organisationId: principal.organisationId,
    actor: actorOf(principal),
    data: JSON.parse(canonicalJson(data)),
  })
  await database.transaction((tx) => recorder.record(tx, searched))
  const wanted = { typePrefix: type, actorId: actor, subjectId: subject, since, until, before }
  const found = await database
    .transaction((tx) => findEntries(tx, { organisationId: reach.organisationId, ...wanted }, limit + 1))
    .catch((error: { code?: unknown }) => {
      // PostgreSQL's query_canceled: the statement's time was over.
      throw error.code === '57014' ? refuse('LEDGER_SEARCH_TOO_WIDE') : error
    })
  const page = found.slice(0, limit)
  const items = await Promise.all(page.map((entry) => show(services, reach, entry)))
  const last = found.length > limit ? page.at(-1) : undefined
  return { items: items.filter((item) => item !== null), next: last === undefined ? null : encodeCursor(last.id) }
}

/** Everything from the body that was hashed: the columns only found it. Null where it is not what they said. */
async function show(
  { keyring, eventCatalogue }: SearchServices,
  reach: Reach,
  entry: StoredEntry,
): Promise<LedgerEntry | null> {
  const body = readBody(entry.body)
  if (body === null || body.organisation !== reach.organisationId) return null
  return {
    index: entry.index,
    id: body.id,
    at: body.at,
    type: body.type,
    // A type of an older or a newer version may have no words here.
    summary: Object.hasOwn(eventCatalogue, body.type) ? (eventCatalogue[body.type] as string) : body.type,
    actor: { kind: body.actor.kind, id: body.actor.id ?? null },
    subjectId: body.subject,
    data: body.data,
    personal: reach.personal ? await openPersonal(keyring, body) : null,
    body: entry.body.toString(),
  }
}

/** A filter as the ledger may keep it: what could be a mail address only as a keyed fingerprint. */
async function safe(keyring: Keyring, reach: Reach, filter: string | undefined): Promise<string | undefined> {
  if (filter === undefined || !filter.includes('@')) return filter
  const scope = { organisationId: reach.organisationId, collection: 'audit.entry', field: 'filter' }
  return `fingerprint:${(await keyring.blindIndex(scope, filter)).toString('base64url')}`
}

function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,17}$/.test(id) || encodeCursor(id) !== cursor) throw refuse('LEDGER_CURSOR_INVALID')
  return id
}
