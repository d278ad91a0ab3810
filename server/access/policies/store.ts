import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'

export type VersionState = 'draft' | 'tested' | 'shadowed' | 'live' | 'retired'

/** A version without its text. */
export type VersionRow = {
  readonly number: number
  readonly state: VersionState
  readonly hash: Buffer
  readonly policies: number
  readonly tests: number
  readonly author_kind: string
  readonly author_id: string | null
  readonly reason_sealed: Buffer
  readonly created_at: Date
  readonly tested_at: Date | null
  readonly shadowed_at: Date | null
  readonly shadowed_against: number | null
  readonly live_at: Date | null
  readonly retired_at: Date | null
}

export type WholeVersionRow = VersionRow & {
  readonly text: string
  readonly compiled: string
  readonly outline: string
  readonly shadow: string | null
}

export type NewVersion = Pick<
  WholeVersionRow,
  | 'number'
  | 'text'
  | 'compiled'
  | 'outline'
  | 'hash'
  | 'policies'
  | 'tests'
  | 'author_kind'
  | 'author_id'
  | 'reason_sealed'
  | 'created_at'
>

const columns = sql`number, state, hash, policies, tests, author_kind, author_id, reason_sealed, created_at, tested_at, shadowed_at,
  shadowed_against, live_at, retired_at`

/** The number of the next version: one more than any before, those that were removed counted in. */
export async function nextNumber(tx: Queries, organisationId: string): Promise<number> {
  const { rows } = await sql<{ number: number }>`insert into access.policy_number (organisation_id, number)
    values (${organisationId}, 1)
    on conflict (organisation_id) do update set number = access.policy_number.number + 1
    returning number`.execute(tx)
  return Number(rows[0]?.number)
}

export async function insertVersion(tx: Queries, organisationId: string, version: NewVersion): Promise<void> {
  await sql`insert into access.policy_version
      (organisation_id, number, text, compiled, outline, hash, policies, tests, author_kind, author_id, reason_sealed, created_at)
    values (${organisationId}, ${version.number}, ${version.text}, ${version.compiled}, ${version.outline}, ${version.hash}, ${version.policies},
      ${version.tests}, ${version.author_kind}, ${version.author_id}, ${version.reason_sealed}, ${version.created_at})`.execute(
    tx,
  )
}

/** Removes the oldest where there are more than `kept`: first what was never live, never what is. */
export async function dropOldest(tx: Queries, organisationId: string, kept: number): Promise<void> {
  await sql`delete from access.policy_version where organisation_id = ${organisationId} and number in (
    select number from access.policy_version where organisation_id = ${organisationId} and state <> 'live'
    order by state = 'retired', number
    limit greatest(0, (select count(*) from access.policy_version where organisation_id = ${organisationId}) - ${kept}))`.execute(
    tx,
  )
}

/** Newest first, below `before`. */
export async function readVersions(
  queries: Queries,
  organisationId: string,
  before: number | null,
  limit: number,
): Promise<readonly VersionRow[]> {
  const { rows } = await sql<VersionRow>`select ${columns} from access.policy_version
    where organisation_id = ${organisationId} and (${before}::integer is null or number < ${before})
    order by number desc limit ${limit}`.execute(queries)
  return rows
}

/** Null where the organisation has no such version. */
export async function readVersion(
  queries: Queries,
  organisationId: string,
  number: number,
): Promise<WholeVersionRow | null> {
  const { rows } =
    await sql<WholeVersionRow>`select ${columns}, text, compiled, outline, shadow from access.policy_version
    where organisation_id = ${organisationId} and number = ${number}`.execute(queries)
  return rows[0] ?? null
}

/** What counts now: its number alone where the caller has it compiled already; null where nothing does. */
export async function readLive(
  queries: Queries,
  organisationId: string,
  known: number | null,
): Promise<{ readonly number: number; readonly compiled: string } | number | null> {
  const { rows } = await sql<{ number: number; compiled: string | null }>`select number,
      case when number = ${known}::integer then null else compiled end as compiled
    from access.policy_version where organisation_id = ${organisationId} and state = 'live'`.execute(queries)
  const [row] = rows
  if (row === undefined) return null
  return row.compiled === null ? row.number : { number: row.number, compiled: row.compiled }
}

export async function readLiveNumber(queries: Queries, organisationId: string): Promise<number> {
  const { rows } = await sql<{ number: number }>`select number from access.policy_version
    where organisation_id = ${organisationId} and state = 'live'`.execute(queries)
  return rows[0]?.number ?? 0
}

/** The one that was live before the one that is; null where there was none. */
export async function readLastRetired(queries: Queries, organisationId: string): Promise<number | null> {
  const { rows } = await sql<{ number: number }>`select number from access.policy_version
    where organisation_id = ${organisationId} and state = 'retired' order by retired_at desc, number desc limit 1`.execute(
    queries,
  )
  return rows[0]?.number ?? null
}

/** @returns false where it was no draft. */
export async function markTested(tx: Queries, organisationId: string, number: number, at: Date): Promise<boolean> {
  return await moved(
    sql`update access.policy_version set state = 'tested', tested_at = ${at}
    where organisation_id = ${organisationId} and number = ${number} and state = 'draft'`.execute(tx),
  )
}

/** @returns false where it was not tested, or another version is live than it was compared with. */
export async function markShadowed(
  tx: Queries,
  organisationId: string,
  number: number,
  shadow: { readonly against: number; readonly report: string; readonly at: Date },
): Promise<boolean> {
  return await moved(
    sql`update access.policy_version set state = 'shadowed', shadowed_at = ${shadow.at},
      shadowed_against = ${shadow.against}, shadow = ${shadow.report}
    where organisation_id = ${organisationId} and number = ${number} and state in ('tested', 'shadowed')`.execute(tx),
  )
}

/** @returns false where this one was not live. */
export async function retire(tx: Queries, organisationId: string, number: number, at: Date): Promise<boolean> {
  return await moved(
    sql`update access.policy_version set state = 'retired', retired_at = ${at}
    where organisation_id = ${organisationId} and number = ${number} and state = 'live'`.execute(tx),
  )
}

/** @returns false where it was not in the state that it has to come from. */
export async function makeLive(
  tx: Queries,
  organisationId: string,
  number: number,
  from: 'shadowed' | 'retired',
  at: Date,
): Promise<boolean> {
  return await moved(
    sql`update access.policy_version set state = 'live', live_at = ${at}, retired_at = null
    where organisation_id = ${organisationId} and number = ${number} and state = ${from}`.execute(tx),
  )
}

const moved = async (result: Promise<{ numAffectedRows?: bigint }>): Promise<boolean> =>
  (await result).numAffectedRows === 1n
