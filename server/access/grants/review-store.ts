import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import type { Moment } from './cursor.ts'

export type ReviewRow = {
  id: string
  organisation_id: string
  name: string
  undecided: 'keep' | 'remove'
  opened_by: string
  opened_at: Date
  due_at: Date
  closed_at: Date | null
}

export type ReviewItemRow = {
  review_id: string
  kind: 'assignment' | 'membership'
  subject_id: string
  /** A role, or a group. */
  target: string
  given_at: Date
  decision: 'keep' | 'remove' | null
  decided_by: string | null
  decided_at: Date | null
  outcome: 'kept' | 'removed' | 'gone' | 'last-administrator' | null
}

type Tables = { 'access.review': ReviewRow; 'access.review_item': ReviewItemRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

export async function insertReview(tx: Queries, row: ReviewRow): Promise<void> {
  await tables(tx).insertInto('access.review').values(row).execute()
}

export async function countOpenReviews(tx: Queries, organisationId: string): Promise<number> {
  const { count } = await tables(tx)
    .selectFrom('access.review')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('organisation_id', '=', organisationId)
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** What a campaign lists: all that counts at `now`, or what is about one role or one group. */
export type Scope = { readonly role?: string | undefined; readonly group?: string | undefined }

/** Writes down what there is to be looked at. @returns how many, at most `limit`. */
export async function insertItems(
  tx: Queries,
  review: Pick<ReviewRow, 'id' | 'organisation_id'>,
  { role, group }: Scope,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<number> {
  const { id, organisation_id: organisationId } = review
  const roles = group === undefined || role !== undefined
  const groups = role === undefined || group !== undefined
  const { numAffectedRows } = await sql`
    insert into access.review_item (review_id, kind, subject_id, target, given_at)
    select ${id}, kind, subject_id, target, given_at from (
      select 'assignment' as kind, subject_id, role as target, assigned_at as given_at from access.assignment
      where ${roles} and organisation_id = ${organisationId} and (${role ?? null}::text is null or role = ${role ?? null})
        and (expires_at is null or expires_at > ${now})
      union all
      select 'membership', member_id, group_id, added_at from access.membership
      where ${groups} and organisation_id = ${organisationId} and (${group ?? null}::text is null or group_id = ${group ?? null})
        and (expires_at is null or expires_at > ${now})
    ) as listed limit ${limit}`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

/** Each role and each group that stands in a campaign, once. */
export async function readTargets(tx: Queries, id: string): Promise<Pick<ReviewItemRow, 'kind' | 'target'>[]> {
  return await tables(tx)
    .selectFrom('access.review_item')
    .select(['kind', 'target'])
    .distinct()
    .where('review_id', '=', id)
    .execute()
}

export async function readReview(queries: Queries, organisationId: string, id: string): Promise<ReviewRow | null> {
  const row = await tables(queries)
    .selectFrom('access.review')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

export async function readReviews(
  queries: Queries,
  organisationId: string,
  { after, limit }: { readonly after: Moment | null; readonly limit: number },
): Promise<ReviewRow[]> {
  const query = tables(queries).selectFrom('access.review').selectAll().where('organisation_id', '=', organisationId)
  const rest =
    after === null
      ? query
      : query.where(({ eb, refTuple, tuple }) => eb(refTuple('opened_at', 'id'), '>', tuple(after.at, after.id)))
  return await rest.orderBy('opened_at').orderBy('id').limit(limit).execute()
}

/** Campaigns of any organisation whose time came. */
export async function readDue(queries: Queries, now: Date, limit: number): Promise<ReviewRow[]> {
  return await tables(queries)
    .selectFrom('access.review')
    .selectAll()
    .where('closed_at', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** @returns false where it is closed already. */
export async function closeReview(tx: Queries, id: string, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('access.review')
    .set({ closed_at: now })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export type ItemKey = Pick<ReviewItemRow, 'kind' | 'subject_id' | 'target'>

/** In the order of kind, subject and target. */
export async function readItems(
  queries: Queries,
  reviewId: string,
  { after, limit }: { readonly after: ItemKey | null; readonly limit: number },
): Promise<ReviewItemRow[]> {
  let query = tables(queries).selectFrom('access.review_item').selectAll().where('review_id', '=', reviewId)
  if (after !== null)
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('kind', 'subject_id', 'target'), '>', tuple(after.kind, after.subject_id, after.target)),
    )
  return await query.orderBy('kind').orderBy('subject_id').orderBy('target').limit(limit).execute()
}

export async function readItem(tx: Queries, reviewId: string, key: ItemKey): Promise<ReviewItemRow | null> {
  const row = await tables(tx)
    .selectFrom('access.review_item')
    .selectAll()
    .where('review_id', '=', reviewId)
    .where('kind', '=', key.kind)
    .where('subject_id', '=', key.subject_id)
    .where('target', '=', key.target)
    .executeTakeFirst()
  return row ?? null
}

export async function updateItem(
  tx: Queries,
  { review_id, kind, subject_id, target }: Pick<ReviewItemRow, 'review_id'> & ItemKey,
  change: Partial<Pick<ReviewItemRow, 'decision' | 'decided_by' | 'decided_at' | 'outcome'>>,
): Promise<void> {
  await tables(tx)
    .updateTable('access.review_item')
    .set(change)
    .where('review_id', '=', review_id)
    .where('kind', '=', kind)
    .where('subject_id', '=', subject_id)
    .where('target', '=', target)
    .execute()
}

/** Somebody who is gone is not looked at any more. */
export async function removeItemsOf(tx: Queries, subjectId: string): Promise<void> {
  await tables(tx).deleteFrom('access.review_item').where('subject_id', '=', subjectId).execute()
}

/** Those that nothing became of yet. */
export async function readUnsettled(tx: Queries, reviewId: string, limit: number): Promise<ReviewItemRow[]> {
  return await tables(tx)
    .selectFrom('access.review_item')
    .selectAll()
    .where('review_id', '=', reviewId)
    .where('outcome', 'is', null)
    .orderBy('kind')
    .orderBy('subject_id')
    .orderBy('target')
    .limit(limit)
    .execute()
}

export async function endDueAt(tx: Queries, id: string, now: Date): Promise<void> {
  await tables(tx).updateTable('access.review').set({ due_at: now }).where('id', '=', id).execute()
}

export type Outcomes = { kept: number; removed: number; gone: number; lastAdministrator: number; undecided: number }

export async function countOutcomes(queries: Queries, reviewId: string): Promise<Outcomes> {
  const { rows } = await sql<Outcomes>`
    select count(*) filter (where outcome = 'kept')::int as kept, count(*) filter (where outcome = 'removed')::int as removed,
      count(*) filter (where outcome = 'gone')::int as gone,
      count(*) filter (where outcome = 'last-administrator')::int as "lastAdministrator",
      count(*) filter (where decision is null)::int as undecided
    from access.review_item where review_id = ${reviewId}`.execute(queries)
  return rows[0] as Outcomes
}
