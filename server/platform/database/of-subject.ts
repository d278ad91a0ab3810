import { sql } from 'kysely'
import type { Queries } from './database.ts'

/**
 * What a table has of one person, for exports: newest first, at most 1,000.
 *
 * @param table with its schema, as in `mail.message`; it has `organisation_id`, `subject_id`, `created_at` and `id`.
 */
export async function readOfSubject<Row>(
  queries: Queries,
  table: string,
  organisationId: string,
  subjectId: string,
): Promise<Row[]> {
  const { rows } = await sql<Row>`select * from ${sql.table(table)}
    where organisation_id = ${organisationId} and subject_id = ${subjectId}
    order by created_at desc, id limit 1000`.execute(queries)
  return rows
}

/** As `readOfSubject`, for erasures: all of it. */
export async function deleteOfSubject(
  tx: Queries,
  table: string,
  organisationId: string,
  subjectId: string,
): Promise<void> {
  await sql`delete from ${sql.table(table)}
    where organisation_id = ${organisationId} and subject_id = ${subjectId}`.execute(tx)
}
