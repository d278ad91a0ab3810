import type { NewKey } from '@custodia/wire/http/keys.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import { newId } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { makeKey } from './key-format.ts'
import { checkNetworks } from './networks.ts'
import type { Owner } from './owner.ts'
import { subjectOf } from './owner.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { hashSecret } from './secret-hash.ts'
import { makeSigning, placeOf } from './signing-key.ts'
import type { KeyRow, NewRow } from './store.ts'
import { countUsable, insertKey, lockOwner } from './store.ts'

/** How many an owner may have that are neither revoked nor expired. */
export const maxKeys = 50
const dayMs = 86_400_000
const usualEnvironment = 'live'

/** A key to be made. What may be asked of it was looked at already: `issue-own.ts`, `issue-for-application.ts`. */
export type Wanted = Omit<NewKey, 'name' | 'scopes' | 'days'> & {
  readonly organisationId: string
  readonly owner: Owner
  readonly name: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[] | null
  /** Null where it never expires. */
  readonly days: number | null
  readonly by: Actor
  /** What must hold in the transaction in which the key is made. @throws Refusal. */
  readonly allowed?: (tx: Queries) => Promise<void>
}

/** What is shown, once. */
export type Issued = { readonly row: KeyRow; readonly token: string | null; readonly signingSecret: string | null }

/**
 * Makes a key, with its event.
 *
 * @throws Refusal APIKEY_TOO_MANY, APIKEY_NETWORK_INVALID, APIKEY_PUBLIC_KEY_INVALID, APIKEY_SIGNING_NEEDED.
 */
export async function issue(parts: Parts, wanted: Wanted): Promise<Issued> {
  const { context, keyring, pepper } = parts
  const { organisationId, owner, by } = wanted
  const requireSignature = wanted.requireSignature ?? false
  if (requireSignature && wanted.signing === undefined) throw refuse('APIKEY_SIGNING_NEEDED')
  const networks = checkNetworks(wanted.networks ?? [])
  const now = nowOf(parts)
  const environment = wanted.environment ?? usualEnvironment
  const { id, secret, key } = makeKey(context.random, environment, newId('key', context.random))
  const whose = { id, organisationId, owner }
  const signing =
    wanted.signing === undefined
      ? null
      : await makeSigning({ keyring, pepper, random: context.random }, whose, wanted.signing)
  const row: NewRow = {
    id,
    organisation_id: organisationId,
    owner_kind: owner.kind,
    application_id: owner.id,
    name_sealed: wanted.name === null ? null : await keyring.seal(placeOf(whose, 'name'), wanted.name),
    environment,
    roles: [...wanted.roles],
    scopes: wanted.scopes === null ? null : [...new Set(wanted.scopes)],
    networks,
    requests_per_minute: wanted.requestsPerMinute ?? null,
    secret_hash: hashSecret(secret, pepper),
    require_signature: requireSignature,
    algorithm: signing?.algorithm ?? null,
    verifier: signing?.verifier ?? null,
    signing_hash: signing?.signingHash ?? null,
    created_at: now,
    created_by: by.kind === 'system' || by.kind === 'anonymous' ? 'system' : by.id,
    expires_at: wanted.days === null ? null : new Date(now.getTime() + wanted.days * dayMs),
  }
  const stored = await context.database.transaction((tx) => store(parts, tx, row, wanted))
  // A key that takes signed requests only has a bearer secret that nobody knows.
  return { row: stored, token: requireSignature ? null : key, signingSecret: signing?.shown ?? null }
}

async function store({ context, identity }: Parts, tx: Queries, row: NewRow, wanted: Wanted): Promise<KeyRow> {
  const { organisation_id: organisationId, created_at: now } = row
  const owner = { kind: row.owner_kind, id: row.application_id }
  await lockOwner(tx, organisationId, owner)
  if ((await countUsable(tx, { organisationId, owner }, now)) >= maxKeys) throw refuse('APIKEY_TOO_MANY', { maxKeys })
  await wanted.allowed?.(tx)
  const stored = await insertKey(tx, row)
  const actor = wanted.by
  const data = {
    key: row.id,
    kind: owner.kind,
    owner: owner.id,
    roles: row.roles,
    scopes: row.scopes,
    expiresAt: row.expires_at?.toISOString() ?? null,
    signing: row.algorithm,
  }
  await context.recorder.record(tx, event('key.issued', { organisationId, actor, subjectId: subjectOf(owner), data }))
  if (owner.kind === 'user') await identity.tellOfKey(tx, owner.id, 'key-made')
  return stored
}
