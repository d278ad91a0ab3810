import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { canonicalJson } from '../../packages/wire/src/canonical-json.ts'
import type { Keyring, Place } from '../keyring/api.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Event } from '../platform/events/event.ts'
import { refuse } from './errors.ts'
import { neutralise } from './neutralise.ts'

/** 32,768 bytes of canonical JSON; half of what an entry bundle could carry. */
export const maxBodyBytes = 32_768

/** What is hashed, as version 1 of docs/specs/ledger.md says it. */
const Body = Type.Object({
  v: Type.Literal(1),
  id: Type.String(),
  /** RFC 3339, UTC, milliseconds. */
  at: Type.String(),
  type: Type.String(),
  organisation: Type.Union([Type.String(), Type.Null()]),
  actor: Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()) }),
  subject: Type.Union([Type.String(), Type.Null()]),
  data: Type.Record(Type.String(), Type.Unknown()),
  /** The sealed fields, base64url. */
  personal: Type.Optional(Type.String()),
})
export type Body = Static<typeof Body>
const bodyCheck = Compile(Body)

/** An entry as it is stored, before it has a place in the tree. */
export type NewEntry = { readonly body: Buffer } & Columns

/** The index over a body. */
export type Columns = {
  readonly entryId: string
  readonly at: string
  readonly type: string
  readonly organisationId: string | null
  readonly actorKind: string
  readonly actorId: string | null
  readonly subjectId: string | null
}

/**
 * Makes the body of an event: neutral text, personal fields sealed for this very entry, canonical JSON.
 *
 * The personal fields of a subject whose key was destroyed are left out: they must not be kept, and what happened must.
 *
 * @throws Refusal LEDGER_EVENT_TOO_LARGE
 */
export async function makeEntry(keyring: Keyring, event: Event, id: string, atMs: number): Promise<NewEntry> {
  const { personal, ...rest } = neutralise(event) as Event
  const sealed = personal === undefined ? undefined : await seal(keyring, rest, id, canonicalJson(personal))
  const body: Body = {
    v: 1,
    id,
    at: new Date(atMs).toISOString(),
    type: rest.type,
    organisation: rest.organisationId,
    actor: rest.actor,
    subject: rest.subjectId,
    data: rest.data,
    ...(sealed === undefined ? {} : { personal: sealed }),
  }
  const bytes = Buffer.from(canonicalJson(body))
  if (bytes.length > maxBodyBytes) throw refuse('LEDGER_EVENT_TOO_LARGE', { limitBytes: maxBodyBytes })
  return { body: bytes, ...columnsOf(body) }
}

async function seal(keyring: Keyring, event: Event, id: string, text: string): Promise<string | undefined> {
  if (text.length > maxBodyBytes) throw refuse('LEDGER_EVENT_TOO_LARGE', { limitBytes: maxBodyBytes })
  try {
    const sealed = await keyring.seal(personalPlace(event.organisationId, event.subjectId, id), text)
    return sealed.toString('base64url')
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return undefined
    throw error
  }
}

/** Opens the personal fields. Null where there are none, or the key was destroyed. */
export async function openPersonal(keyring: Keyring, body: Body): Promise<Record<string, unknown> | null> {
  if (body.personal === undefined) return null
  try {
    const place = personalPlace(body.organisation, body.subject, body.id)
    return JSON.parse((await keyring.open(place, Buffer.from(body.personal, 'base64url'))).toString())
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}

function personalPlace(organisationId: string | null, subjectId: string | null, record: string): Place {
  return { organisationId, subjectId, collection: 'audit.entry', record, field: 'personal', schemaVersion: 1 }
}

/** Reads a stored body. Null where it is not one: somebody wrote into the table. */
export function readBody(bytes: Uint8Array): Body | null {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return bodyCheck.Check(body) ? body : null
  } catch {
    return null
  }
}

export function columnsOf(body: Body): Columns {
  return {
    entryId: body.id,
    at: body.at,
    type: body.type,
    organisationId: body.organisation,
    actorKind: body.actor.kind,
    actorId: body.actor.id ?? null,
    subjectId: body.subject,
  }
}
