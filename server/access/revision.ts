import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'

/**
 * Until the transaction ends, nobody else changes who may do what in this organisation. It is taken before anything is read from
 * which the right to the change follows.
 */
export async function lockOrganisation(tx: Queries, organisationId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`access.holders ${organisationId}`}, 0))`.execute(tx)
}

/**
 * Says, in the transaction of a change, that who may do what is another now. Whoever changes next waits for this transaction's end, so
 * that the numbers are in the order of the commits.
 *
 * @returns the number of this change: 1 and up.
 */
export async function raiseRevision(tx: Queries, organisationId: string): Promise<number> {
  const { rows } = await sql<{ number: string }>`
    insert into access.revision (organisation_id, number) values (${organisationId}, 1)
    on conflict (organisation_id) do update set number = access.revision.number + 1
    returning number::text`.execute(tx)
  return Number(rows[0]?.number)
}

/** The number of the last change that was committed; 0 where there was none. */
export async function readRevision(queries: Queries, organisationId: string): Promise<number> {
  const { rows } = await sql<{ number: string }>`
    select number::text from access.revision where organisation_id = ${organisationId}`.execute(queries)
  return Number(rows[0]?.number ?? 0)
}
