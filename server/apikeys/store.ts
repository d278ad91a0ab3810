import type { KeyAlgorithm } from '@custodia/wire/http/keys.ts'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import type { Owner, OwnerKind } from './owner.ts'

export type KeyRow = {
  id: string
  organisation_id: string
  owner_kind: OwnerKind
  /** The owner's identifier, whatever kind of owner it is. */
  application_id: string
  name_sealed: Buffer | null
  environment: string | null
  /** Of keys of applications; others have what their owner has. */
  roles: string[]
  scopes: string[] | null
  networks: string[]
  requests_per_minute: number | null
  secret_hash: Buffer
  require_signature: boolean
  algorithm: KeyAlgorithm | null
  verifier: Buffer | null
  signing_hash: Buffer | null
  /** How often it was rotated: whoever rotates says which one they saw. */
  rotation: number
  rotated_at: Date | null
  previous_hash: Buffer | null
  previous_verifier: Buffer | null
  previous_signing_hash: Buffer | null
  previous_until: Date | null
  created_at: Date
  created_by: string | null
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
  revoked_why: string | null
}

export type NewRow = Omit<
  KeyRow,
  | 'rotation'
  | 'rotated_at'
  | 'previous_hash'
  | 'previous_verifier'
  | 'previous_signing_hash'
  | 'previous_until'
  | 'last_used_at'
  | 'revoked_at'
  | 'revoked_why'
>

/** Whose keys, or one of them. */
export type Which = {
  readonly organisationId: string
  readonly kind?: OwnerKind
  readonly owner?: Owner
  readonly id?: string
}

const tables = (queries: Queries) => queries.withTables<{ 'apikeys.key': KeyRow }>()

export async function insertKey(tx: Queries, row: NewRow): Promise<KeyRow> {
  const fresh = {
    rotation: 0,
    rotated_at: null,
    previous_hash: null,
    previous_verifier: null,
    previous_signing_hash: null,
    previous_until: null,
    last_used_at: null,
    revoked_at: null,
    revoked_why: null,
  }
  return await tables(tx)
    .insertInto('apikeys.key')
    .values({ ...row, ...fresh })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Those that are not revoked, the expired ones too. @returns null where there is none. */
export async function readLiveKey(queries: Queries, id: string): Promise<KeyRow | null> {
  return (await readLiveKeys(queries, [id]))[0] ?? null
}

/** @param ids at most 100. */
export async function readLiveKeys(queries: Queries, ids: readonly string[]): Promise<readonly KeyRow[]> {
  return await tables(queries)
    .selectFrom('apikeys.key')
    .selectAll()
    .where('id', 'in', [...ids])
    .where('revoked_at', 'is', null)
    .execute()
}

const usable = (queries: Queries, { organisationId, kind, owner, id }: Which, now: Date) => {
  let rows = tables(queries)
    .selectFrom('apikeys.key')
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
  if (owner !== undefined) rows = rows.where('owner_kind', '=', owner.kind).where('application_id', '=', owner.id)
  if (kind !== undefined) rows = rows.where('owner_kind', '=', kind)
  return id === undefined ? rows : rows.where('id', '=', id)
}

/** Neither revoked nor expired, the newest first. */
export async function listUsable(queries: Queries, which: Which, now: Date, limit: number): Promise<readonly KeyRow[]> {
  return await usable(queries, which, now)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Until the transaction ends, nobody else makes a key for this owner. */
export async function lockOwner(tx: Queries, organisationId: string, { kind, id }: Owner): Promise<void> {
  const name = `apikeys.owner ${organisationId} ${kind} ${id}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}

export async function countUsable(tx: Queries, which: Which, now: Date): Promise<number> {
  const { count } = await usable(tx, which, now)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** All of this owner's, whatever became of them. For what a person may know of themselves. */
export async function readAllOf(queries: Queries, organisationId: string, owner: Owner): Promise<readonly KeyRow[]> {
  return await tables(queries)
    .selectFrom('apikeys.key')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('owner_kind', '=', owner.kind)
    .where('application_id', '=', owner.id)
    .orderBy('created_at', 'desc')
    .limit(1_000)
    .execute()
}

/** @returns those that were live until now. */
export async function revokeKeys(
  tx: Queries,
  { organisationId, owner, id }: Which,
  at: Date,
  why: string,
): Promise<readonly { readonly id: string; readonly owner: Owner }[]> {
  let rows = tables(tx)
    .updateTable('apikeys.key')
    .set({ revoked_at: at, revoked_why: why, previous_until: at })
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
  if (owner !== undefined) rows = rows.where('owner_kind', '=', owner.kind).where('application_id', '=', owner.id)
  if (id !== undefined) rows = rows.where('id', '=', id)
  const gone = await rows.returning(['id', 'owner_kind', 'application_id']).execute()
  return gone.map((row) => ({ id: row.id, owner: { kind: row.owner_kind, id: row.application_id } }))
}

export type Rotation = Pick<
  KeyRow,
  | 'environment'
  | 'secret_hash'
  | 'verifier'
  | 'signing_hash'
  | 'expires_at'
  | 'rotated_at'
  | 'previous_hash'
  | 'previous_verifier'
  | 'previous_signing_hash'
  | 'previous_until'
>

/** Of any number who saw the same secret exactly one gets true. */
export async function rotateKey(tx: Queries, { id, rotation }: KeyRow, next: Rotation): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('apikeys.key')
    .set({ ...next, rotation: rotation + 1 })
    .where('id', '=', id)
    .where('rotation', '=', rotation)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** The secret before the last rotation holds no more. @returns false where it did not anyhow. */
export async function endOverlap(tx: Queries, { id, rotation }: KeyRow, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('apikeys.key')
    .set({ previous_until: now })
    .where('id', '=', id)
    .where('rotation', '=', rotation)
    .where('previous_until', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Writes a use down where none was within the minute before. */
export async function touchKey(queries: Queries, id: string, now: Date): Promise<void> {
  await tables(queries)
    .updateTable('apikeys.key')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', new Date(now.getTime() - 60_000))]))
    .execute()
}

/** @returns the identifiers of what is gone. */
export async function deleteKeysOf(tx: Queries, organisationId: string, owner: Owner): Promise<readonly string[]> {
  const rows = await tables(tx)
    .deleteFrom('apikeys.key')
    .where('organisation_id', '=', organisationId)
    .where('owner_kind', '=', owner.kind)
    .where('application_id', '=', owner.id)
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Deletes what was revoked or has expired before then. @returns how many went, at most `limit`. */
export async function deleteOver(queries: Queries, before: Date, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    delete from apikeys.key where id in (
      select id from apikeys.key
      where (revoked_at is not null or expires_at is not null) and least(revoked_at, expires_at) < ${before}
      limit ${limit} for update skip locked
    ) returning id`.execute(queries)
  return rows.length
}
