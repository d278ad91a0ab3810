import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { deleteBatch } from '../platform/database/delete-batch.ts'
import { deleteOfSubject, readOfSubject } from '../platform/database/of-subject.ts'

export type State = 'receiving' | 'received' | 'looked-at' | 'there' | 'refused'

export type UploadRow = {
  id: string
  organisation_id: string
  owner_kind: 'application' | 'user' | 'service'
  owner_id: string
  subject_id: string | null
  state: State
  /** A `bigint`, which the driver gives as text; below 2^53. */
  size_bytes: string | number
  meta_sealed: Buffer
  reason: string | null
  version: number
  frames: number
  created_at: Date
  expires_at: Date
  next_try_at: Date | null
  tries: number
}

type FrameRow = { upload_id: string; version: number; number: number; sealed: Buffer }

type Tables = { 'uploads.upload': UploadRow; 'uploads.frame': FrameRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Whose files: what each sees of them is all of its own and nothing else. */
export type Owner = {
  readonly organisationId: string
  readonly kind: UploadRow['owner_kind']
  readonly id: string
}

export const ownerOf = ({ organisation_id, owner_kind, owner_id }: UploadRow): Owner => ({
  organisationId: organisation_id,
  kind: owner_kind,
  id: owner_id,
})

export type Used = { ownerBytes: number; underWay: number; subjectBytes: number }

/** What an owner and a subject keep already. Until the transaction ends nobody else counts for either: of two at once each sees the other. */
export async function countUsed(tx: Queries, owner: Owner, subjectId: string | null): Promise<Used> {
  const { organisationId, kind, id } = owner
  await sql`select pg_advisory_xact_lock(hashtextextended(${`uploads ${organisationId}`}, 0))`.execute(tx)
  const { rows } = await sql<Record<keyof Used, string>>`
    select
      coalesce(sum(size_bytes) filter (where owner_kind = ${kind} and owner_id = ${id}), 0) as "ownerBytes",
      count(*) filter (where owner_kind = ${kind} and owner_id = ${id} and state = 'receiving') as "underWay",
      coalesce(sum(size_bytes) filter (where subject_id = ${subjectId}::text), 0) as "subjectBytes"
    from uploads.upload
    where organisation_id = ${organisationId} and state <> 'refused'
      and ((owner_kind = ${kind} and owner_id = ${id}) or subject_id = ${subjectId}::text)`.execute(tx)
  const [used] = rows
  return {
    ownerBytes: Number(used?.ownerBytes),
    underWay: Number(used?.underWay),
    subjectBytes: Number(used?.subjectBytes),
  }
}

/** @returns false where the identifier is taken, by whomever. */
export async function insertUpload(tx: Queries, row: UploadRow): Promise<boolean> {
  const result = await tables(tx)
    .insertInto('uploads.upload')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

export async function insertFrame(queries: Queries, frame: FrameRow): Promise<void> {
  await tables(queries).insertInto('uploads.frame').values(frame).execute()
}

export async function readFrame(queries: Queries, id: string, version: number, number: number): Promise<Buffer | null> {
  const row = await tables(queries)
    .selectFrom('uploads.frame')
    .select('sealed')
    .where('upload_id', '=', id)
    .where('version', '=', version)
    .where('number', '=', number)
    .executeTakeFirst()
  return row?.sealed ?? null
}

export async function deleteFrames(tx: Queries, id: string, version?: number): Promise<void> {
  await tables(tx)
    .deleteFrom('uploads.frame')
    .where('upload_id', '=', id)
    .$if(version !== undefined, (query) => query.where('version', '=', version as number))
    .execute()
}

/** What was sent whole. */
export async function readUpload(queries: Queries, id: string): Promise<UploadRow | null> {
  const row = await tables(queries)
    .selectFrom('uploads.upload')
    .selectAll()
    .where('id', '=', id)
    .where('state', '<>', 'receiving')
    .executeTakeFirst()
  return row ?? null
}

export type UploadSearch = {
  readonly organisationId: string
  /** All of the organisation where it is left out. */
  readonly owner?: Owner | undefined
  readonly states: readonly State[]
  readonly now: Date
  /** The one after which the page begins. */
  readonly before?: { readonly createdAt: Date; readonly id: string } | undefined
}

/** The newest first. */
export async function listUploads(queries: Queries, search: UploadSearch, limit: number): Promise<UploadRow[]> {
  const { organisationId, owner, states, now, before } = search
  return await tables(queries)
    .selectFrom('uploads.upload')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('state', 'in', states)
    .where('expires_at', '>', now)
    .$if(owner !== undefined, (query) =>
      query.where('owner_kind', '=', owner?.kind as Owner['kind']).where('owner_id', '=', owner?.id as string),
    )
    .$if(before !== undefined, (query) =>
      query.where(sql<boolean>`(created_at, id) < (${before?.createdAt}, ${before?.id})`),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Changes a file that is in one of these states, and by nobody else's hand since. @returns false where it is not. */
export async function changeUpload(
  queries: Queries,
  { id, tries }: Pick<UploadRow, 'id' | 'tries'>,
  states: readonly State[],
  change: Partial<Omit<UploadRow, 'id' | 'created_at'>>,
): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('uploads.upload')
    .set(change)
    .where('id', '=', id)
    .where('tries', '=', tries)
    .where('state', 'in', states)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns false where it is gone already. */
export async function deleteUpload(tx: Queries, id: string): Promise<boolean> {
  const result = await tables(tx).deleteFrom('uploads.upload').where('id', '=', id).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/**
 * Takes a file until `until`: whoever else asks gets another, or none. Owners take turns, so that one who sent a thousand files keeps
 * nobody waiting for more than one of them.
 *
 * @param after whose turn it was last: the next owner's file that is due first is taken, and after the last owner the first one's.
 */
export async function claimDue(
  queries: Queries,
  { now, until, after }: { now: Date; until: Date; after: Owner | null },
): Promise<UploadRow | null> {
  const claim = async (turn: RawBuilder<boolean>) =>
    await tables(queries)
      .updateTable('uploads.upload')
      .set({ tries: sql<number>`tries + 1`, next_try_at: until })
      .where('id', '=', (from) =>
        from
          .selectFrom('uploads.upload')
          .select('id')
          .where('next_try_at', '<=', now)
          .where(turn)
          .orderBy('organisation_id')
          .orderBy('owner_kind')
          .orderBy('owner_id')
          .orderBy('next_try_at')
          .limit(1)
          .forUpdate()
          .skipLocked(),
      )
      .returningAll()
      .executeTakeFirst()
  if (after === null) return (await claim(sql`true`)) ?? null
  const { organisationId, kind, id } = after
  const later = sql<boolean>`(organisation_id, owner_kind, owner_id) > (${organisationId}, ${kind}, ${id})`
  return (await claim(later)) ?? (await claim(sql`true`)) ?? null
}

/** Everything of a person that is still known, newest first, at most 1,000. */
export const readOf = async (queries: Queries, organisationId: string, subjectId: string): Promise<UploadRow[]> =>
  await readOfSubject<UploadRow>(queries, 'uploads.upload', organisationId, subjectId)

export const deleteOf = async (tx: Queries, organisationId: string, subjectId: string): Promise<void> =>
  await deleteOfSubject(tx, 'uploads.upload', organisationId, subjectId)

/** Removes files whose time is over. @returns how many, at most `limit`. */
export const deleteExpired = async (queries: Queries, now: Date, limit: number): Promise<number> =>
  await deleteBatch(queries, 'uploads.upload', sql`expires_at <= ${now}`, limit)

/** Removes what began to arrive before `before` and never ended: its process is gone. */
export const deleteOrphans = async (queries: Queries, before: Date, limit: number): Promise<number> =>
  await deleteBatch(queries, 'uploads.upload', sql`state = 'receiving' and created_at <= ${before}`, limit)
