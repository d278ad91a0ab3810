import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'
import { prepared, runPrepared } from '../../platform/database/prepared.ts'
import type { PersonRow } from '../store.ts'
import type { History } from './history.ts'

export type HistoryRow = {
  person_id: string
  counts: History['counts']
  sign_ins: number
  spot_sealed: Buffer | null
  last_at: Date
}
type CommonRow = { feature: string; value: string; count: number; counted_at: Date }
type DeviceRow = { token_hash: Buffer; person_id: string; created_at: Date; last_used_at: Date }

type Tables = {
  'identity.risk_history': HistoryRow
  'identity.risk_common': CommonRow
  'identity.device': DeviceRow
  'identity.person': PersonRow
}

const tables = (queries: Queries) => queries.withTables<Tables>()

export async function readHistory(queries: Queries, personId: string): Promise<HistoryRow | null> {
  const query = tables(queries)
    .selectFrom('identity.risk_history')
    .select(['person_id', 'counts', 'sign_ins', 'spot_sealed', 'last_at'])
    .where('person_id', '=', personId)
  const { rows } = await runPrepared(queries, 'identity.read-history', query)
  return rows[0] ?? null
}

/** Writes on condition that what was read is still what stands there. @returns false where another sign-in was counted meanwhile. */
export async function replaceHistory(tx: Queries, read: HistoryRow, row: HistoryRow): Promise<boolean> {
  const { person_id, ...rest } = stored(row)
  const update = tables(tx)
    .updateTable('identity.risk_history')
    .set(rest)
    .where('person_id', '=', person_id)
    .where('sign_ins', '=', read.sign_ins)
    .where('last_at', '=', read.last_at)
  return (await runPrepared(tx, 'identity.replace-history', update)).numAffectedRows === 1n
}

/** As `readHistory`, and nobody else changes it until the transaction ends: two sign-ins at once are both counted. */
export async function holdHistory(tx: Queries, personId: string): Promise<HistoryRow | null> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`identity.risk:${personId}`}, 0))`.execute(tx)
  return await readHistory(tx, personId)
}

export async function writeHistory(tx: Queries, row: HistoryRow): Promise<void> {
  const { person_id, ...rest } = stored(row)
  await tables(tx)
    .insertInto('identity.risk_history')
    .values({ person_id, ...rest })
    .onConflict((conflict) => conflict.column('person_id').doUpdateSet(rest))
    .execute()
}

const stored = (row: HistoryRow): HistoryRow => ({
  ...row,
  counts: JSON.stringify(row.counts) as unknown as History['counts'],
})

export type Common = { readonly feature: string; readonly value: string }

/** In how long a count of everybody halves. */
export const halfLifeSeconds = 60 * 86_400

/** @returns the counts as of `now`, in the order asked for. */
export async function readCommon(queries: Queries, asked: readonly Common[], now: Date): Promise<number[]> {
  const { rows } = await sql<CommonRow>`${prepared('identity.read-common')}select feature, value, count, counted_at
    from unnest(${asked.map(({ feature }) => feature)}::text[], ${asked.map(({ value }) => value)}::text[])
      as asked (feature, value)
    join identity.risk_common as common using (feature, value)`.execute(queries)
  const ageSeconds = (row: CommonRow) => Math.max(0, now.getTime() - row.counted_at.getTime()) / 1_000
  const counts = new Map(
    rows.map((row) => [`${row.feature}:${row.value}`, row.count * 2 ** (-ageSeconds(row) / halfLifeSeconds)]),
  )
  return asked.map(({ feature, value }) => counts.get(`${feature}:${value}`) ?? 0)
}

/** Adds to the counts of everybody, in one statement. `added` is sorted by the caller, so that two never wait for each other. */
export async function addCommon(
  queries: Queries,
  added: readonly (Common & { count: number })[],
  now: Date,
): Promise<void> {
  await tables(queries)
    .insertInto('identity.risk_common')
    .values(added.map((one) => ({ ...one, counted_at: now })))
    .onConflict((conflict) =>
      conflict.columns(['feature', 'value']).doUpdateSet({
        count: sql<number>`identity.risk_common.count * power(2, - greatest(0, extract(epoch from
          excluded.counted_at - identity.risk_common.counted_at)) / ${halfLifeSeconds}::double precision) + excluded.count`,
        counted_at: sql<Date>`greatest(identity.risk_common.counted_at, excluded.counted_at)`,
      }),
    )
    .execute()
}

/** Every browser in which a person is known, the newest first. */
export async function listDevices(
  queries: Queries,
  personId: string,
): Promise<Pick<DeviceRow, 'created_at' | 'last_used_at'>[]> {
  return await tables(queries)
    .selectFrom('identity.device')
    .select(['created_at', 'last_used_at'])
    .where('person_id', '=', personId)
    .orderBy('last_used_at', 'desc')
    .execute()
}

/** A device, and by which mail address its person is known. */
export type KnownDevice = { token_hash: Buffer; person_id: string; email_index: Buffer }

/** The devices that have one of these cookies. */
export async function readDevices(queries: Queries, hashes: readonly Buffer[], since: Date): Promise<KnownDevice[]> {
  if (hashes.length === 0) return []
  const { rows } = await sql<KnownDevice>`${prepared('identity.read-devices')}select token_hash, person_id, email_index
    from identity.device join identity.person on person.id = device.person_id
    where token_hash = any(${hashes}::bytea[]) and last_used_at > ${since}`.execute(queries)
  return rows
}

/** @returns false where it was forgotten meanwhile. */
export async function touchDevice(tx: Queries, tokenHash: Buffer, now: Date): Promise<boolean> {
  const update = tables(tx)
    .updateTable('identity.device')
    .set({ last_used_at: now })
    .where('token_hash', '=', tokenHash)
  return (await runPrepared(tx, 'identity.touch-device', update)).numAffectedRows === 1n
}

/** One device more; of more than `keep` those used longest ago are forgotten. */
export async function insertDevice(tx: Queries, row: DeviceRow, keep: number): Promise<void> {
  await tables(tx).insertInto('identity.device').values(row).execute()
  await tables(tx)
    .deleteFrom('identity.device')
    .where('token_hash', 'in', (from) =>
      from
        .selectFrom('identity.device')
        .select('token_hash')
        .where('person_id', '=', row.person_id)
        .orderBy('last_used_at', 'desc')
        .orderBy('created_at', 'desc')
        .offset(keep),
    )
    .execute()
}

/** Forgets every device of a person: whoever holds one of the cookies is a stranger from now on. */
export async function deleteDevices(tx: Queries, personId: string): Promise<void> {
  await tables(tx).deleteFrom('identity.device').where('person_id', '=', personId).execute()
}

/** How many devices a person has. */
export async function countDevices(queries: Queries, personId: string): Promise<number> {
  const query = tables(queries)
    .selectFrom('identity.device')
    .select((is) => is.fn.countAll<string>().as('count'))
    .where('person_id', '=', personId)
  return Number((await query.executeTakeFirstOrThrow()).count)
}

const expiring = [
  ['identity.risk_history', 'last_at'],
  ['identity.risk_common', 'counted_at'],
  ['identity.device', 'last_used_at'],
] as const

/** Removes up to `limit` rows of each table that nobody used since `before`. @returns how many of the largest. */
export async function deleteUnused(queries: Queries, before: Date, limit: number): Promise<number> {
  let most = 0
  for (const [table, column] of expiring) {
    const gone = await deleteBatch(queries, table, sql`${sql.ref(column)} < ${before}`, limit)
    most = Math.max(most, gone)
  }
  return most
}
