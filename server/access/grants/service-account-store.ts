import type { Queries } from '../../platform/database/database.ts'
import { namedStore } from './named-store.ts'

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

export const {
  read: readServiceAccount,
  readByName: readServiceAccountByName,
  readPage: readServiceAccounts,
  count: countServiceAccounts,
  remove: removeServiceAccount,
} = namedStore<ServiceAccountRow>('access.service_account')

export async function updateServiceAccount(tx: Queries, row: ServiceAccountRow): Promise<void> {
  const { name, description, disabled_at } = row
  await tables(tx)
    .updateTable('access.service_account')
    .set({ name, description, disabled_at })
    .where('organisation_id', '=', row.organisation_id)
    .where('id', '=', row.id)
    .execute()
}
