import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

const tableOf = { endpoint: sql.table('webhooks.endpoint'), source: sql.table('webhooks.source') } as const
type Kind = keyof typeof tableOf

/** What this person made, by identifier. At most 1,000. */
export async function madeBy(queries: Queries, kind: Kind, organisationId: string, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from ${tableOf[kind]}
    where organisation_id = ${organisationId} and created_by = ${userId} order by id limit 1000`.execute(queries)
  return rows.map(({ id }) => id)
}

/** What they made stays, without their name. */
export async function forgetMaker(tx: Queries, kind: Kind, organisationId: string, userId: string): Promise<void> {
  await sql`update ${tableOf[kind]} set created_by = null
    where organisation_id = ${organisationId} and created_by = ${userId}`.execute(tx)
}
