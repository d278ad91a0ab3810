import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { deleteBatch } from '../platform/database/delete-batch.ts'

/** One group of reports. */
export type ReportRow = {
  application: string
  kind: string
  disposition: string
  directive: string
  blocked: string
  path: string
  /** A `bigint`, which the driver gives as text; below 2^53. */
  count: string | number
  first_at: Date
  last_at: Date
}

export type InlineRow = { application: string; element: string; hash: string; seen: number }

export type PolicyRow = {
  application: string
  number: number
  sources: Readonly<Record<string, readonly string[]>>
  trusted_types: boolean
  /** The version whose text this one brought back. */
  restores: number | null
  live_at: Date
  retired_at: Date | null
}

type Tables = { 'browser.report': ReportRow; 'browser.policy': PolicyRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

type Counted = Omit<ReportRow, 'first_at' | 'last_at'>

/**
 * Adds to what is known already, and lets in as much that is new as there is room for.
 *
 * @returns how many groups were left out.
 */
export async function addReports(tx: Queries, counted: readonly Counted[], now: Date, max: number): Promise<number> {
  const of = (field: keyof Counted) => counted.map((one) => one[field])
  // One writer at a time: two would each count the room that the other fills.
  await sql`select pg_advisory_xact_lock(hashtextextended('browser reports', 0))`.execute(tx)
  const { rows } = await sql<{ written: string }>`
    with come as (
      select * from unnest(${of('application')}::text[], ${of('kind')}::text[], ${of('disposition')}::text[], ${of('directive')}::text[],
        ${of('blocked')}::text[], ${of('path')}::text[], ${of('count')}::bigint[])
        as c (application, kind, disposition, directive, blocked, path, count)
    ), placed as (
      select come.*, report.application is not null as known,
        row_number() over (partition by come.application, report.application is not null order by come.count desc) as place,
        (select count(*) from browser.report held where held.application = come.application) as held
      from come left join browser.report report using (application, kind, disposition, directive, blocked, path)
    ), written as (
      insert into browser.report (application, kind, disposition, directive, blocked, path, count, first_at, last_at)
      select application, kind, disposition, directive, blocked, path, count, ${now}, ${now} from placed
      where known or held + place <= ${max}
      on conflict (application, kind, disposition, directive, blocked, path)
      do update set count = report.count + excluded.count, last_at = excluded.last_at
      returning 1
    )
    select count(*) as written from written`.execute(tx)
  return counted.length - Number(rows[0]?.written)
}

/** Newest first. */
export async function listReports(queries: Queries, application: string | undefined, limit: number) {
  return await tables(queries)
    .selectFrom('browser.report')
    .selectAll()
    .$if(application !== undefined, (query) => query.where('application', '=', application as string))
    .orderBy('last_at', 'desc')
    .orderBy('application')
    .orderBy('directive')
    .orderBy('blocked')
    .orderBy('path')
    .limit(limit)
    .execute()
}

/** What policies refused of an application since then, by directive and origin. */
export async function summariseReports(queries: Queries, application: string, since: Date) {
  const { rows } = await sql<{ directive: string; blocked: string; count: string }>`
    select directive, blocked, sum(count) as count from browser.report
    where application = ${application} and kind = 'csp' and last_at > ${since}
    group by directive, blocked order by sum(count) desc, directive, blocked limit 500`.execute(queries)
  return rows.map(({ directive, blocked, count }) => ({ directive, blocked, count: Number(count) }))
}

/** Adds to what was seen; of one application at most `max` different ones. */
export async function addInlines(tx: Queries, inlines: readonly InlineRow[], now: Date, max: number): Promise<void> {
  for (const { application, element, hash, seen } of inlines)
    await sql`insert into browser.inline (application, element, hash, first_at, last_at, seen)
      select ${application}, ${element}, ${hash}, ${now}, ${now}, ${seen}::bigint
      where exists (select from browser.inline where application = ${application} and element = ${element} and hash = ${hash})
        or (select count(*) from browser.inline where application = ${application}) < ${max}
      on conflict (application, element, hash) do update set seen = inline.seen + excluded.seen, last_at = excluded.last_at`.execute(
      tx,
    )
}

/** What the same was sent in more than one reply: what each reader gets anew is no part of the application. */
export async function listInlines(queries: Queries, application: string, limit: number) {
  const { rows } = await sql<{ element: 'script' | 'style'; hash: string }>`
    select element, hash from browser.inline where application = ${application} and seen > 1
    order by seen desc, hash limit ${limit}`.execute(queries)
  return rows
}

export async function listPolicies(queries: Queries, application: string, limit: number): Promise<PolicyRow[]> {
  return await tables(queries)
    .selectFrom('browser.policy')
    .selectAll()
    .where('application', '=', application)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
}

export async function listLive(queries: Queries): Promise<PolicyRow[]> {
  return await tables(queries).selectFrom('browser.policy').selectAll().where('retired_at', 'is', null).execute()
}

export async function readLive(tx: Queries, application: string): Promise<PolicyRow | null> {
  const query = tables(tx).selectFrom('browser.policy').selectAll().where('application', '=', application)
  return (await query.where('retired_at', 'is', null).executeTakeFirst()) ?? null
}

/** What was brought back stands where it stood first: else going back twice would lead forth again. */
export const originOf = ({ number, restores }: Pick<PolicyRow, 'number' | 'restores'>): number => restores ?? number

/** The version that stood before this one; before one that was brought back, what stood before it when it was made. */
export async function readBefore(tx: Queries, row: PolicyRow): Promise<PolicyRow | null> {
  const found = await tables(tx)
    .selectFrom('browser.policy')
    .selectAll()
    .where('application', '=', row.application)
    .where('number', '<', originOf(row))
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return found ?? null
}

/** @returns false where another one is live than was thought. */
export async function retireLive(tx: Queries, application: string, number: number, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('browser.policy')
    .set({ retired_at: now })
    .where('application', '=', application)
    .where('number', '=', number)
    .where('retired_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns its number; null where another one is live. */
export async function insertLive(
  tx: Queries,
  { application, sources, trusted_types, restores, live_at }: Omit<PolicyRow, 'number' | 'retired_at'>,
): Promise<number | null> {
  const { rows } = await sql<{ number: number }>`
    insert into browser.policy (application, number, sources, trusted_types, restores, live_at)
    select ${application}, coalesce(max(number), 0) + 1, ${JSON.stringify(sources)}::jsonb, ${trusted_types}::boolean, ${restores}::integer,
      ${live_at}::timestamptz
    from browser.policy where application = ${application}
    on conflict do nothing returning number`.execute(tx)
  return rows[0]?.number ?? null
}

export const deleteOldReports = async (queries: Queries, before: Date, limit: number): Promise<number> =>
  await deleteBatch(queries, 'browser.report', sql`last_at <= ${before}`, limit)

export const deleteOldInlines = async (queries: Queries, before: Date, limit: number): Promise<number> =>
  await deleteBatch(queries, 'browser.inline', sql`last_at <= ${before}`, limit)
