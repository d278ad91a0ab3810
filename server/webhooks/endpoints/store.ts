import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'

export type EndpointRow = {
  id: string
  organisation_id: string
  target_sealed: Buffer
  types: string[] | null
  personal: boolean
  secret_sealed: Buffer
  previous_sealed: Buffer | null
  previous_until: Date | null
  rotation: number
  version: number
  created_at: Date
  created_by: string | null
  disabled_at: Date | null
  disabled_why: string | null
  failures: number
  failing_since: Date | null
  open_until: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'webhooks.endpoint': EndpointRow }>()

export async function insertEndpoint(tx: Queries, row: EndpointRow): Promise<void> {
  await tables(tx).insertInto('webhooks.endpoint').values(row).execute()
}

/** Until the transaction ends, nobody else adds one to this organisation. */
export async function countEndpoints(tx: Queries, organisationId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks ${organisationId}`}, 0))`.execute(tx)
  const { count } = await tables(tx)
    .selectFrom('webhooks.endpoint')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function readEndpoint(queries: Queries, organisationId: string, id: string): Promise<EndpointRow | null> {
  const row = await tables(queries)
    .selectFrom('webhooks.endpoint')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

export async function listEndpoints(queries: Queries, organisationId: string): Promise<EndpointRow[]> {
  return await tables(queries)
    .selectFrom('webhooks.endpoint')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(100)
    .execute()
}

export type Listening = Pick<EndpointRow, 'id' | 'organisation_id' | 'types' | 'created_at'>

/** All that are on, of every organisation. */
export async function listListening(queries: Queries): Promise<Listening[]> {
  return await tables(queries)
    .selectFrom('webhooks.endpoint')
    .select(['id', 'organisation_id', 'types', 'created_at'])
    .where('disabled_at', 'is', null)
    .execute()
}

export type Change = Partial<Omit<EndpointRow, 'id' | 'organisation_id' | 'version'>>

/** Of any number who saw the same version exactly one gets true. */
export async function changeEndpoint(
  tx: Queries,
  { id, version }: Pick<EndpointRow, 'id' | 'version'>,
  change: Change,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.endpoint')
    .set({ ...change, version: version + 1 })
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteEndpoint(tx: Queries, organisationId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tables(tx)
    .deleteFrom('webhooks.endpoint')
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** A try succeeded: what is there is well. Nothing where it was changed since the try began. */
export async function noteSuccess(tx: Queries, { id, version }: Pick<EndpointRow, 'id' | 'version'>): Promise<void> {
  await tables(tx)
    .updateTable('webhooks.endpoint')
    .set({ failures: 0, failing_since: null, open_until: null })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('failures', '>', 0)
    .execute()
}

/** A try failed. @returns how many in a row have now, and since when; null where it was changed since the try began. */
export async function noteFailure(
  tx: Queries,
  { id, version }: Pick<EndpointRow, 'id' | 'version'>,
  now: Date,
): Promise<Pick<EndpointRow, 'failures' | 'failing_since'> | null> {
  const row = await tables(tx)
    .updateTable('webhooks.endpoint')
    .set({
      failures: sql<number>`least(failures + 1, 1000000)`,
      failing_since: sql<Date>`coalesce(failing_since, ${now})`,
    })
    .where('id', '=', id)
    .where('version', '=', version)
    .returning(['failures', 'failing_since'])
    .executeTakeFirst()
  return row ?? null
}

export async function restUntil(tx: Queries, id: string, until: Date): Promise<void> {
  await tables(tx).updateTable('webhooks.endpoint').set({ open_until: until }).where('id', '=', id).execute()
}

/** Only one of those who want to switch it off gets true. */
export async function disableEndpoint(
  tx: Queries,
  { id, version }: Pick<EndpointRow, 'id' | 'version'>,
  now: Date,
  why: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.endpoint')
    .set({ disabled_at: now, disabled_why: why, version: version + 1 })
    .where('id', '=', id)
    .where('version', '=', version)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
