import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type AssignmentRow = {
  organisation_id: string
  subject_id: string
  role: string
  assigned_at: Date
  expires_at: Date | null
  assigned_by: string | null
  reason_sealed: Buffer | null
}

type Tables = { 'access.assignment': AssignmentRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Where there is one already, it is another from now on. */
export async function writeAssignment(tx: Queries, row: AssignmentRow): Promise<void> {
  const { assigned_at, expires_at, assigned_by, reason_sealed } = row
  await tables(tx)
    .insertInto('access.assignment')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['organisation_id', 'subject_id', 'role'])
        .doUpdateSet({ assigned_at, expires_at, assigned_by, reason_sealed }),
    )
    .execute()
}

/** @returns null where there is none that counts at `now`. */
export async function readAssignment(
  queries: Queries,
  organisationId: string,
  { subjectId, role }: { readonly subjectId: string; readonly role: string },
  now: Date,
): Promise<AssignmentRow | null> {
  const row = await tables(queries)
    .selectFrom('access.assignment')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .where('role', '=', role)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst()
  return row ?? null
}

export type AssignmentQuery = {
  readonly subjectId?: string | undefined
  readonly role?: string | undefined
  /** Only those that end at all. */
  readonly expiring?: boolean | undefined
  readonly after: readonly [subjectId: string, role: string] | null
  readonly limit: number
}

/** Those that count at `now`, by subject and role. */
export async function readAssignments(
  queries: Queries,
  organisationId: string,
  { subjectId, role, expiring, after, limit }: AssignmentQuery,
  now: Date,
): Promise<AssignmentRow[]> {
  let query = tables(queries)
    .selectFrom('access.assignment')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
  if (subjectId !== undefined) query = query.where('subject_id', '=', subjectId)
  if (role !== undefined) query = query.where('role', '=', role)
  if (expiring === true) query = query.where('expires_at', 'is not', null)
  if (after !== null)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('subject_id', 'role'), '>', tuple(after[0], after[1])))
  return await query.orderBy('subject_id').orderBy('role').limit(limit).execute()
}

export async function removeAssignment(
  tx: Queries,
  organisationId: string,
  subjectId: string,
  role: string,
): Promise<void> {
  await tables(tx)
    .deleteFrom('access.assignment')
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .where('role', '=', role)
    .execute()
}

/** All of a subject's, expired ones too. @returns the roles. */
export async function removeAssignmentsOf(tx: Queries, organisationId: string, subjectId: string): Promise<string[]> {
  const rows = await tables(tx)
    .deleteFrom('access.assignment')
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .returning('role')
    .execute()
  return rows.map((row) => row.role).sort()
}

/** People who have a role by themselves and for good, beside one; in the order of their identifiers, at most `limit` after `after`. */
export async function readPermanentHolders(
  tx: Queries,
  organisationId: string,
  role: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const rows = await tables(tx)
    .selectFrom('access.assignment')
    .select('subject_id')
    .where('organisation_id', '=', organisationId)
    .where('role', '=', role)
    .where('expires_at', 'is', null)
    .where('subject_id', 'like', 'usr\\_%')
    .where('subject_id', '>', after)
    .orderBy('subject_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.subject_id)
}

export async function deleteExpiredAssignments(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'access.assignment', sql`expires_at < ${before}`, limit)
}
