import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'
import type { Moment } from './cursor.ts'

export type ApprovalRow = {
  id: string
  organisation_id: string
  kind: 'assignment' | 'membership' | 'unmark'
  subject_id: string | null
  target: string
  until: Date | null
  reason_sealed: Buffer
  asked_by: string
  asked_at: Date
  expires_at: Date
  decided_at: Date | null
  decided_by: string | null
  outcome: 'approved' | 'refused' | 'withdrawn' | null
}

const tables = (queries: Queries) => queries.withTables<{ 'access.approval': ApprovalRow }>()

export async function insertApproval(tx: Queries, row: ApprovalRow): Promise<void> {
  await tables(tx).insertInto('access.approval').values(row).execute()
}

/** Those that wait at `now`. */
export async function countWaiting(tx: Queries, organisationId: string, now: Date): Promise<number> {
  const { count } = await tables(tx)
    .selectFrom('access.approval')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where('outcome', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function readApproval(queries: Queries, organisationId: string, id: string): Promise<ApprovalRow | null> {
  const row = await tables(queries)
    .selectFrom('access.approval')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** The first to be asked comes first. @property waiting only those that can still be decided at `now`. */
export async function readApprovals(
  queries: Queries,
  organisationId: string,
  page: { readonly waiting: boolean; readonly after: Moment | null; readonly limit: number },
  now: Date,
): Promise<ApprovalRow[]> {
  let query = tables(queries).selectFrom('access.approval').selectAll().where('organisation_id', '=', organisationId)
  const { after } = page
  if (after !== null)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('asked_at', 'id'), '>', tuple(after.at, after.id)))
  if (page.waiting) query = query.where('outcome', 'is', null).where('expires_at', '>', now)
  return await query.orderBy('asked_at').orderBy('id').limit(page.limit).execute()
}

/** @returns false where it was decided already, or its time is over. */
export async function decideApproval(
  tx: Queries,
  organisationId: string,
  id: string,
  {
    outcome,
    by,
    now,
  }: { readonly outcome: NonNullable<ApprovalRow['outcome']>; readonly by: string; readonly now: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('access.approval')
    .set({ outcome, decided_by: by, decided_at: now })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .where('outcome', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Of whom something was asked, or who asked. */
export async function removeApprovalsOf(tx: Queries, organisationId: string, subjectId: string): Promise<void> {
  await tables(tx)
    .deleteFrom('access.approval')
    .where('organisation_id', '=', organisationId)
    .where((eb) => eb.or([eb('subject_id', '=', subjectId), eb('asked_by', '=', subjectId)]))
    .execute()
}

export async function deleteOldApprovals(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'access.approval', sql`expires_at < ${before}`, limit)
}
