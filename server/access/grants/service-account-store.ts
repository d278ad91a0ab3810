import type { Queries } from '../../platform/database/database.ts'
import type { Moment } from './cursor.ts'

export type ServiceAccountRow = {
  id: string
  organisation_id: string
  name: string
  description: string
  created_at: Date
  disabled_at: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'access.service_account': ServiceAccountRow }>()

export async function insertServiceAccount(tx: Queries, row: ServiceAccountRow): Promise<void> {
  await tables(tx).insertInto('access.service_account').values(row).execute()
}

export async function readServiceAccount(
  queries: Queries,
  organisationId: string,
  id: string,
): Promise<ServiceAccountRow | null> {
  const row = await tables(queries)
    .selectFrom('access.service_account')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

export async function readServiceAccountByName(queries: Queries, organisationId: string, name: string) {
  const row = await tables(queries)
    .selectFrom('access.service_account')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('name', '=', name)
    .executeTakeFirst()
  return row ?? null
}

/** The first to be made comes first. */
export async function readServiceAccounts(
  queries: Queries,
  organisationId: string,
  { after, limit }: { readonly after: Moment | null; readonly limit: number },
): Promise<ServiceAccountRow[]> {
  const query = tables(queries)
    .selectFrom('access.service_account')
    .selectAll()
    .where('organisation_id', '=', organisationId)
  const rest =
    after === null
      ? query
      : query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '>', tuple(after.at, after.id)))
  return await rest.orderBy('created_at').orderBy('id').limit(limit).execute()
}

export async function countServiceAccounts(queries: Queries, organisationId: string): Promise<number> {
  const { count } = await tables(queries)
    .selectFrom('access.service_account')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function updateServiceAccount(tx: Queries, row: ServiceAccountRow): Promise<void> {
  const { name, description, disabled_at } = row
  await tables(tx)
    .updateTable('access.service_account')
    .set({ name, description, disabled_at })
    .where('organisation_id', '=', row.organisation_id)
    .where('id', '=', row.id)
    .execute()
}

export async function removeServiceAccount(tx: Queries, organisationId: string, id: string): Promise<void> {
  await tables(tx)
    .deleteFrom('access.service_account')
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}
