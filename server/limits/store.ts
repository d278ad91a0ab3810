import type { ListEntry } from '@custodia/edge/limits/lists.ts'
import type { CountedBy, Exceeded, LimitClass, Policy } from '@custodia/edge/limits/policy.ts'
import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

export type PolicyRow = {
  organisation_id: string | null
  name: string
  counted_by: CountedBy
  burst: number
  per_seconds: number
  dry_run: boolean
  exceeded: Exceeded
  classes: LimitClass[] | null
  methods: string[] | null
  path: string | null
  application: string | null
  changed_at: Date
  changed_by: string | null
}

export type EntryRow = {
  id: string
  organisation_id: string | null
  list: 'allow' | 'deny'
  network: string | null
  account: string | null
  reason: string
  until: Date
  created_at: Date
  created_by: string | null
}

export type LimitedRow = {
  organisation_id: string | null
  policy: string
  counted_by: string
  subject: string
  route: string
  dry_run: boolean
  /** Asked for work, and not refused. */
  challenged: boolean
  /** A `bigint`, which the driver gives as text; below 2^53. */
  times: string | number
  /** Proofs that were taken. Likewise. */
  solved: string | number
  since: Date
  last_at: Date
  until: Date
}

type Tables = { 'limits.policy': PolicyRow; 'limits.entry': EntryRow; 'limits.limited': LimitedRow }
const tables = (queries: Queries) => queries.withTables<Tables>()
const mostRows = 10_000

/** Until the transaction ends, nobody else adds to this organisation, or to the installation. */
export async function lock(tx: Queries, organisationId: string | null): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`limits ${organisationId ?? ''}`}, 0))`.execute(tx)
}

export async function countPolicies(tx: Queries, organisationId: string | null): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from limits.policy where organisation_id is not distinct from ${organisationId}`.execute(tx)
  return Number(rows[0]?.count)
}

/** Those that hold. */
export async function countEntries(tx: Queries, organisationId: string | null, now: Date): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from limits.entry where organisation_id is not distinct from ${organisationId} and until > ${now}`.execute(
    tx,
  )
  return Number(rows[0]?.count)
}

export async function readPolicy(tx: Queries, organisationId: string | null, name: string): Promise<PolicyRow | null> {
  const row = await tables(tx)
    .selectFrom('limits.policy')
    .selectAll()
    .where('organisation_id', 'is not distinct from', organisationId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row ?? null
}

export async function savePolicy(tx: Queries, row: PolicyRow): Promise<void> {
  const { organisation_id: _whose, name: _name, ...rest } = row
  await tables(tx)
    .insertInto('limits.policy')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'name']).doUpdateSet(rest))
    .execute()
}

export async function deletePolicy(tx: Queries, organisationId: string | null, name: string): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('limits.policy')
    .where('organisation_id', 'is not distinct from', organisationId)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** All of them, for whoever decides. */
export async function listPolicies(queries: Queries): Promise<PolicyRow[]> {
  return await tables(queries)
    .selectFrom('limits.policy')
    .selectAll()
    .orderBy(sql`organisation_id is not null`)
    .orderBy('name')
    .orderBy('organisation_id')
    .limit(mostRows)
    .execute()
}

export const policyOf = (row: PolicyRow): Policy => ({
  name: row.name,
  by: row.counted_by,
  burst: row.burst,
  perSeconds: row.per_seconds,
  dryRun: row.dry_run,
  application: row.application,
  ...(row.exceeded === 'refuse' ? {} : { exceeded: row.exceeded }),
  ...(row.organisation_id === null ? {} : { organisation: row.organisation_id }),
  ...(row.classes === null ? {} : { classes: row.classes }),
  ...(row.methods === null ? {} : { methods: row.methods }),
  ...(row.path === null ? {} : { path: row.path }),
})

export async function insertEntry(tx: Queries, row: EntryRow): Promise<void> {
  await tables(tx).insertInto('limits.entry').values(row).execute()
}

export async function deleteEntry(tx: Queries, organisationId: string | null, id: string): Promise<EntryRow | null> {
  const row = await tables(tx)
    .deleteFrom('limits.entry')
    .where('organisation_id', 'is not distinct from', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** Those that hold. */
export async function listEntries(queries: Queries, now: Date): Promise<EntryRow[]> {
  return await tables(queries)
    .selectFrom('limits.entry')
    .selectAll()
    .where('until', '>', now)
    // However many others have, the installation's are read.
    .orderBy(sql`organisation_id is not null`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(mostRows)
    .execute()
}

/** @param operating the organisation whose lists lift the installation's limits, too. */
export const entryOf = (row: EntryRow, operating: string | null): ListEntry => ({
  id: row.id,
  list: row.list,
  network: row.network,
  account: row.account,
  organisation: row.organisation_id,
  ownOnly: row.list === 'allow' && row.organisation_id !== null && row.organisation_id !== operating,
  untilMs: row.until.getTime(),
})

/** Adds what a process counted since it said so last. */
export async function addLimited(queries: Queries, rows: readonly LimitedRow[]): Promise<void> {
  if (rows.length === 0) return
  await tables(queries)
    .insertInto('limits.limited')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['organisation_id', 'policy', 'subject']).doUpdateSet((eb) => ({
        times: sql`least(limited.times + excluded.times, 1000000000000)`,
        solved: sql`least(limited.solved + excluded.solved, 1000000000000)`,
        challenged: eb.ref('excluded.challenged'),
        route: eb.ref('excluded.route'),
        dry_run: eb.ref('excluded.dry_run'),
        last_at: sql`greatest(limited.last_at, excluded.last_at)`,
        until: sql`greatest(limited.until, excluded.until)`,
      })),
    )
    .execute()
}

/** The newest 200. @param everybody true shows those, too, whom nobody knew. */
export async function listLimited(
  queries: Queries,
  organisationId: string | null,
  everybody: boolean,
  after: Date,
): Promise<LimitedRow[]> {
  return await tables(queries)
    .selectFrom('limits.limited')
    .selectAll()
    .where('last_at', '>', after)
    .$if(organisationId !== null, (query) =>
      query.where((eb) =>
        eb.or([eb('organisation_id', '=', organisationId), ...(everybody ? [eb('organisation_id', 'is', null)] : [])]),
      ),
    )
    .orderBy('last_at', 'desc')
    .orderBy('policy')
    .orderBy('subject')
    .limit(200)
    .execute()
}

/** @returns how many rows are gone. */
export async function sweepOld(queries: Queries, limitedBefore: Date, now: Date): Promise<number> {
  const limited = await tables(queries)
    .deleteFrom('limits.limited')
    .where('last_at', '<', limitedBefore)
    .executeTakeFirst()
  const entries = await tables(queries).deleteFrom('limits.entry').where('until', '<', now).executeTakeFirst()
  return Number(limited.numDeletedRows + entries.numDeletedRows)
}

/** What stands here of one account. */
export async function readOfAccount(queries: Queries, organisationId: string, account: string) {
  const entries = await tables(queries)
    .selectFrom('limits.entry')
    .selectAll()
    .where('account', '=', account)
    .where((eb) => eb.or([eb('organisation_id', '=', organisationId), eb('organisation_id', 'is', null)]))
    .limit(1_000)
    .execute()
  const limited = await tables(queries)
    .selectFrom('limits.limited')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('subject', '=', account)
    .limit(1_000)
    .execute()
  return { entries, limited }
}

/** Also where it is named as who did something. */
export async function deleteOfAccount(tx: Queries, organisationId: string, account: string): Promise<void> {
  await tables(tx)
    .deleteFrom('limits.entry')
    .where('account', '=', account)
    .where((eb) => eb.or([eb('organisation_id', '=', organisationId), eb('organisation_id', 'is', null)]))
    .execute()
  await tables(tx)
    .deleteFrom('limits.limited')
    .where('organisation_id', '=', organisationId)
    .where('subject', '=', account)
    .execute()
  await tables(tx).updateTable('limits.entry').set({ created_by: null }).where('created_by', '=', account).execute()
  await tables(tx).updateTable('limits.policy').set({ changed_by: null }).where('changed_by', '=', account).execute()
}
