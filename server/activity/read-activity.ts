import type { Activity } from '@custodia/wire/http/activity.ts'
import type { Access } from '../access/api.ts'
import type { Ledger } from '../audit/api.ts'
import type { Actor } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal, UserPrincipal } from '../platform/http/principal.ts'
import type { Context } from '../platform/module.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Reader } from './show-entry.ts'
import { showEntry } from './show-entry.ts'
import { shownTypes } from './shown.ts'

export type Parts = { readonly context: Context; readonly audit: Ledger; readonly access: Access }

/** @property limit 1 to 100. */
export type Page = { readonly cursor?: string; readonly limit?: number }

const defaultLimit = 25

/** What happened in one's own account: in words, with the places one came from. @throws Refusal ACTIVITY_CURSOR_INVALID */
export async function readOwn(parts: Parts, { id, organisationId }: UserPrincipal, page: Page): Promise<Activity> {
  return await read(parts, organisationId, page, { userId: id, numbers: false, personal: true })
}

/**
 * What happened in the account of somebody of the reader's organisation; of anybody else, nothing. That it was read is recorded before it is
 * answered. Addresses and devices are opened for whoever may open them in the ledger, too.
 *
 * @throws Refusal ACTIVITY_CURSOR_INVALID
 */
export async function readTheirs(parts: Parts, principal: Principal, userId: string, page: Page): Promise<Activity> {
  const personal = (await parts.access.decide(principal, 'ledger:personal')).allowed
  return await readOf(
    parts,
    { actor: actorOf(principal), organisationId: principal.organisationId, personal },
    userId,
    page,
  )
}

/** The same for the operator, who holds the keys that everything is sealed under. */
export async function readByOperator(
  parts: Parts,
  organisationId: string,
  userId: string,
  page: Page,
): Promise<Activity> {
  return await readOf(parts, { actor: { kind: 'system' }, organisationId, personal: true }, userId, page)
}

type Looking = { readonly actor: Actor; readonly organisationId: string; readonly personal: boolean }

async function readOf(
  parts: Parts,
  { actor, organisationId, personal }: Looking,
  userId: string,
  page: Page,
): Promise<Activity> {
  const { database, recorder } = parts.context
  const data = { user: userId, continued: placeOf(page.cursor) !== null, personal }
  const looked = event('person.read', { organisationId, actor, subjectId: userId, data })
  await database.transaction((tx) => recorder.record(tx, looked))
  return await read(parts, organisationId, page, { userId, numbers: true, personal })
}

async function read(
  { audit, context: { eventCatalogue } }: Parts,
  organisationId: string,
  { cursor, limit = defaultLimit }: Page,
  { personal, ...reader }: Reader & { readonly personal: boolean },
): Promise<Activity> {
  const about = { organisationId, subjectId: reader.userId, types: shownTypes, before: placeOf(cursor) }
  const { items, next } = await audit.about(about, { limit, personal })
  return {
    items: items.map((entry) => showEntry(entry, reader, eventCatalogue)),
    next: next === null ? null : Buffer.from(next).toString('base64url'),
  }
}

/** It names a place in the ledger, and gives no right to anything. */
function placeOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const id = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,17}$/.test(id) || Buffer.from(id).toString('base64url') !== cursor)
    throw refuse('ACTIVITY_CURSOR_INVALID')
  return id
}
