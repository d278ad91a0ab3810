import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { prepared } from '../platform/database/prepared.ts'
import type { Columns, NewEntry } from './entry.ts'

/** Where the sequencer stands: the last entry that it placed. `xid` is PostgreSQL's xid8, as text. */
export type Cursor = { readonly xid: string; readonly id: string }

export type StoredCheckpoint = {
  readonly size: number
  readonly root: Buffer
  readonly note: string
  readonly cursor: Cursor
}

export type Leaf = Cursor & { readonly hash: Buffer }
export type Node = {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array
  readonly entry: string | null
}
export type NodeRange = { readonly level: number; readonly from: number; readonly to: number }
export type StoredEntry = { readonly id: string; readonly index: number | null; readonly body: Buffer }

/** In this order. Those that are there already are passed over: a commit whose answer was lost is repeated. */
export async function insertEntries(queries: Queries, entries: readonly NewEntry[]): Promise<void> {
  const column = <K extends keyof NewEntry>(name: K) => entries.map((entry) => entry[name])
  await sql`${prepared('audit.insert-entries')}insert into audit.entry
      (entry_id, at, type, organisation_id, actor_kind, actor_id, subject_id, body)
    select * from unnest(${column('entryId')}::text[], ${column('at')}::timestamptz[], ${column('type')}::text[],
      ${column('organisationId')}::text[], ${column('actorKind')}::text[], ${column('actorId')}::text[],
      ${column('subjectId')}::text[], ${column('body')}::bytea[])
    on conflict (entry_id) do nothing`.execute(queries)
}

/** The usual case: without arrays it costs the database less. */
export async function insertEntry(queries: Queries, entry: NewEntry): Promise<void> {
  await sql`${prepared('audit.insert-entry')}insert into audit.entry
      (entry_id, at, type, organisation_id, actor_kind, actor_id, subject_id, body)
    values (${entry.entryId}, ${entry.at}, ${entry.type}, ${entry.organisationId}, ${entry.actorKind},
      ${entry.actorId}, ${entry.subjectId}, ${entry.body})`.execute(queries)
}

/** The newest checkpoint. Null in a ledger that never had one. */
export async function latestCheckpoint(queries: Queries): Promise<StoredCheckpoint | null> {
  const { rows } = await sql<CheckpointRow>`select size, root, note, last_xid::text, last_id::text
    from audit.checkpoint order by size desc limit 1`.execute(queries)
  return rows[0] === undefined ? null : toCheckpoint(rows[0])
}

type CheckpointRow = { size: string; root: Buffer; note: string; last_xid: string; last_id: string }

function toCheckpoint(row: CheckpointRow): StoredCheckpoint {
  return { size: Number(row.size), root: row.root, note: row.note, cursor: { xid: row.last_xid, id: row.last_id } }
}

/** At most `limit` checkpoints, spread evenly over all of them, oldest first. */
export async function sampleCheckpoints(queries: Queries, limit: number): Promise<StoredCheckpoint[]> {
  const { rows } = await sql<CheckpointRow>`select size, root, note, last_xid::text, last_id::text from (
      select *, row_number() over (order by size desc) - 1 as place, count(*) over () as total from audit.checkpoint
    ) as numbered where place % greatest(1, ceil(total / ${limit}::numeric))::bigint = 0 order by size`.execute(queries)
  return rows.map(toCheckpoint)
}

/** Begins a ledger, unless somebody else has. */
export async function insertFirstCheckpoint(queries: Queries, first: StoredCheckpoint, at: string): Promise<void> {
  await sql`insert into audit.checkpoint (size, root, note, at, last_xid, last_id)
    values (${first.size}, ${first.root}, ${first.note}, ${at}, ${first.cursor.xid}::xid8, ${first.cursor.id})
    on conflict (size) do nothing`.execute(queries)
}

export async function insertCheckpoint(tx: Queries, checkpoint: StoredCheckpoint, at: string): Promise<void> {
  await sql`insert into audit.checkpoint (size, root, note, at, last_xid, last_id)
    values (${checkpoint.size}, ${checkpoint.root}, ${checkpoint.note}, ${at},
      ${checkpoint.cursor.xid}::xid8, ${checkpoint.cursor.id})`.execute(tx)
}

/**
 * The next entries that have no place yet, in the order of their places: by transaction, then by number.
 *
 * Only those of transactions below the snapshot's xmin, all of which have ended: nothing can still appear before them. The
 * snapshot is that of this statement. The leaf hash (RFC 6962 §2.1) is made here, so that bodies need not travel.
 */
export async function readUnplaced(tx: Queries, after: Cursor, limit: number): Promise<Leaf[]> {
  // Qualified in ORDER BY: a bare name would mean the text above.
  const { rows } = await sql<Leaf>`select xid::text, id::text, sha256('\\x00'::bytea || body) as hash
    from audit.entry
    where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by entry.xid, entry.id limit ${limit}`.execute(tx)
  return rows
}

/** The oldest entry that waits for its place, whether or not its turn can come yet. */
export async function oldestWaiting(queries: Queries, after: Cursor): Promise<Date | null> {
  const { rows } = await sql<{ at: Date }>`select at from audit.entry
    where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint) order by xid, id limit 1`.execute(queries)
  return rows[0]?.at ?? null
}

/** The newest entry that is visible now and waits for its place. */
export async function newestWaiting(queries: Queries, after: Cursor): Promise<Cursor | null> {
  const { rows } = await sql<Cursor>`select xid::text, id::text from audit.entry
    where (xid, id) > (${after.xid}::xid8, ${after.id}::bigint) order by entry.xid desc, entry.id desc
    limit 1`.execute(queries)
  return rows[0] ?? null
}

/** True where this server has not yet seen the cursor's transaction: the data came from another server. */
export async function isForeign(queries: Queries, cursor: Cursor): Promise<boolean> {
  const { rows } = await sql<{ foreign: boolean }>`select
    ${cursor.xid}::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) as foreign`.execute(queries)
  return rows[0]?.foreign !== false
}

export async function insertNodes(tx: Queries, nodes: readonly Node[]): Promise<void> {
  await sql`insert into audit.node (level, index, hash, entry)
    select * from unnest(${nodes.map(({ level }) => level)}::smallint[], ${nodes.map(({ index }) => index)}::bigint[],
      ${nodes.map(({ hash }) => Buffer.from(hash))}::bytea[], ${nodes.map(({ entry }) => entry)}::bigint[])`.execute(tx)
}

/** Hashes of each range, in its order; a range that is not whole comes back shorter. */
export async function readNodes(queries: Queries, ranges: readonly NodeRange[]): Promise<Buffer[][]> {
  const { rows } = await sql<{ place: string; hash: Buffer }>`select wanted.place, node.hash
    from unnest(${ranges.map(({ level }) => level)}::smallint[], ${ranges.map(({ from }) => from)}::bigint[],
      ${ranges.map(({ to }) => to)}::bigint[]) with ordinality as wanted (level, low, high, place)
    join audit.node on node.level = wanted.level and node.index >= wanted.low and node.index < wanted.high
    order by wanted.place, node.index`.execute(queries)
  const hashes: Buffer[][] = ranges.map(() => [])
  for (const { place, hash } of rows) hashes[Number(place) - 1]?.push(hash)
  return hashes
}

/** Bodies from `from` up to, not including, `to`, each with its index; null where the leaf's entry is gone. */
export async function readBodies(
  queries: Queries,
  from: number,
  to: number,
): Promise<{ index: number; body: Buffer | null }[]> {
  const { rows } = await sql<{ index: string; body: Buffer | null }>`select node.index, entry.body
    from audit.node left join audit.entry on entry.id = node.entry
    where node.level = 0 and node.index >= ${from} and node.index < ${to} order by node.index`.execute(queries)
  return rows.map(({ index, body }) => ({ index: Number(index), body }))
}

/** Bodies of entries of these organisations from `from` up to, not including, `to`, at most `limit`. The columns only find them. */
export async function readPlacedOf(
  queries: Queries,
  { from, to, organisationIds }: { from: number; to: number; organisationIds: readonly string[] },
  limit: number,
): Promise<{ index: number; body: Buffer }[]> {
  const { rows } = await sql<{ index: string; body: Buffer }>`select node.index, entry.body
    from audit.node join audit.entry on entry.id = node.entry
    where node.level = 0 and node.index >= ${from} and node.index < ${to}
      and entry.organisation_id = any(${organisationIds}::text[])
    order by node.index limit ${limit}`.execute(queries)
  return rows.map(({ index, body }) => ({ index: Number(index), body }))
}

/**
 * How many leaves there are beyond the newest checkpoint: none, unless one was removed. One statement: what is placed meanwhile
 * comes with its checkpoint.
 */
export async function countLeavesBeyond(queries: Queries): Promise<{ size: number; count: number }> {
  const { rows } = await sql<{ size: string; count: string }>`select newest.size, count(node.index)
    from (select coalesce(max(size), 0) as size from audit.checkpoint) as newest
    left join audit.node on level = 0 and index >= newest.size group by newest.size`.execute(queries)
  return { size: Number(rows[0]?.size ?? 0), count: Number(rows[0]?.count ?? 0) }
}

export type EntryRow = { id: string; index: number | null; placeable: boolean; body: Buffer; columns: Columns }

type WholeRow = {
  id: string
  index: string | null
  placeable: boolean
  body: Buffer
  entry_id: string
  at: Date
  type: string
  organisation_id: string | null
  actor_kind: string
  actor_id: string | null
  subject_id: string | null
}

/** Whole rows by number, for verifying. `placeable` where the sequencer at `cursor` has passed them. */
export async function readRows(queries: Queries, afterId: string, cursor: Cursor, limit: number): Promise<EntryRow[]> {
  const { rows } = await sql<WholeRow>`select entry.*, entry.id::text, node.index,
      (entry.xid, entry.id) <= (${cursor.xid}::xid8, ${cursor.id}::bigint) as placeable
    from audit.entry left join audit.node on node.entry = entry.id
    where entry.id > ${afterId} order by entry.id limit ${limit}`.execute(queries)
  return rows.map(entryRow)
}

/** Whole rows by their places in the tree: those that are there still. */
export async function readPlacedRows(queries: Queries, from: number, to: number): Promise<EntryRow[]> {
  const { rows } = await sql<WholeRow>`select entry.*, entry.id::text, node.index, true as placeable
    from audit.node join audit.entry on entry.id = node.entry
    where node.level = 0 and node.index >= ${from} and node.index < ${to} order by node.index`.execute(queries)
  return rows.map(entryRow)
}

const entryRow = (row: WholeRow): EntryRow => ({
  id: row.id,
  index: row.index === null ? null : Number(row.index),
  placeable: row.placeable,
  body: row.body,
  columns: {
    entryId: row.entry_id,
    at: row.at.toISOString(),
    type: row.type,
    organisationId: row.organisation_id,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    subjectId: row.subject_id,
  },
})

export type Filter = {
  /** Null finds the entries that belong to the installation. */
  readonly organisationId: string | null
  readonly typePrefix?: string | undefined
  readonly actorId?: string | undefined
  readonly subjectId?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Only entries before this number. */
  readonly before?: string | undefined
}

/** Newest first. @throws error 57014 of PostgreSQL after five seconds. */
export async function findEntries(tx: Queries, filter: Filter, limit: number): Promise<StoredEntry[]> {
  await sql`set local statement_timeout = '5s'`.execute(tx)
  const { organisationId, typePrefix, actorId, subjectId, since, until, before } = filter
  const conditions = [
    organisationId === null ? sql`organisation_id is null` : sql`organisation_id = ${organisationId}`,
    // Types hold only characters before '~'.
    ...(typePrefix === undefined ? [] : [sql`type >= ${typePrefix} and type < ${`${typePrefix}~`}`]),
    ...(actorId === undefined ? [] : [sql`actor_id = ${actorId}`]),
    ...(subjectId === undefined ? [] : [sql`subject_id = ${subjectId}`]),
    ...(since === undefined ? [] : [sql`at >= ${since}`]),
    ...(until === undefined ? [] : [sql`at < ${until}`]),
    ...(before === undefined ? [] : [sql`id < ${before}`]),
  ]
  const { rows } = await sql<{ id: string; index: string | null; body: Buffer }>`select id::text, node.index, body
    from (select id, body from audit.entry where ${sql.join(conditions, sql` and `)} order by id desc limit ${limit})
      as found
    left join audit.node on node.entry = found.id order by found.id desc`.execute(tx)
  return rows.map(({ id, index, body }) => ({ id, index: index === null ? null : Number(index), body }))
}

export type About = {
  readonly organisationId: string
  readonly subjectId: string
  readonly types: readonly string[]
  /** Only entries before this number. */
  readonly before: string | null
}

/**
 * The newest entries about somebody that are of these types. Reads at most `within` rows, whatever else is known of them.
 *
 * @returns the entries, newest first, at most `limit`; and where those `within` rows ended, null where there were fewer.
 */
export async function findAbout(
  queries: Queries,
  { organisationId, subjectId, types, before }: About,
  { limit, within }: { readonly limit: number; readonly within: number },
): Promise<{ found: { id: string; body: Buffer }[]; end: string | null }> {
  const place = before === null ? sql`` : sql`and id < ${before}`
  const { rows } = await sql<{ id: string; body: Buffer | null }>`with newest as materialized (
      select id, type, body from audit.entry
      where organisation_id = ${organisationId} and subject_id = ${subjectId} ${place} order by id desc limit ${within})
    (select id::text, body from newest where type = any(${types}::text[]) order by newest.id desc limit ${limit})
    union all (select min(id)::text, null from newest having count(*) = ${within})`.execute(queries)
  const end = rows.find(({ body }) => body === null)?.id ?? null
  return { found: rows.flatMap(({ id, body }) => (body === null ? [] : [{ id, body }])), end }
}
