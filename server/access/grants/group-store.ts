import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'
import { namedStore } from './named-store.ts'

export type GroupRow = { id: string; organisation_id: string; name: string; description: string; created_at: Date }
export type MembershipRow = {
  organisation_id: string
  group_id: string
  member_id: string
  added_at: Date
  expires_at: Date | null
  added_by: string | null
  reason_sealed: Buffer | null
}

type Tables = { 'access.group_of_subjects': GroupRow; 'access.membership': MembershipRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** @returns false where a group has the name. */
export async function insertGroup(tx: Queries, row: GroupRow): Promise<boolean> {
  const result = await tables(tx)
    .insertInto('access.group_of_subjects')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organisation_id', 'name']).doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

export const {
  read: readGroup,
  readByName: readGroupByName,
  readPage: readGroups,
  count: countGroups,
  /** Its memberships go with it. */
  remove: removeGroup,
} = namedStore<GroupRow>('access.group_of_subjects')

export async function updateGroup(
  tx: Queries,
  organisationId: string,
  { id, name, description }: Pick<GroupRow, 'id' | 'name' | 'description'>,
): Promise<void> {
  await tables(tx)
    .updateTable('access.group_of_subjects')
    .set({ name, description })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

export async function writeMembership(tx: Queries, row: MembershipRow): Promise<void> {
  const { added_at, expires_at, added_by, reason_sealed } = row
  await tables(tx)
    .insertInto('access.membership')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['group_id', 'member_id']).doUpdateSet({ added_at, expires_at, added_by, reason_sealed }),
    )
    .execute()
}

/** @returns null where there is none that counts at `now`. */
export async function readMembership(
  queries: Queries,
  organisationId: string,
  { groupId, memberId }: { readonly groupId: string; readonly memberId: string },
  now: Date,
): Promise<MembershipRow | null> {
  const row = await tables(queries)
    .selectFrom('access.membership')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('group_id', '=', groupId)
    .where('member_id', '=', memberId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst()
  return row ?? null
}

type Page = { readonly after: string | null; readonly limit: number }

/** Of a group by member, or of a member by group; those that count at `now`. */
export async function readMemberships(
  queries: Queries,
  organisationId: string,
  { of, after, limit }: Page & { readonly of: { readonly groupId: string } | { readonly memberId: string } },
  now: Date,
): Promise<MembershipRow[]> {
  const query = tables(queries)
    .selectFrom('access.membership')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
  const found =
    'groupId' in of
      ? query
          .where('group_id', '=', of.groupId)
          .where('member_id', '>', after ?? '')
          .orderBy('member_id')
      : query
          .where('member_id', '=', of.memberId)
          .where('group_id', '>', after ?? '')
          .orderBy('group_id')
  return await found.limit(limit).execute()
}

/** Expired ones counted in: they are swept later. */
export async function countMembers(queries: Queries, groupId: string): Promise<number> {
  const { count } = await tables(queries)
    .selectFrom('access.membership')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function removeMembership(
  tx: Queries,
  organisationId: string,
  groupId: string,
  memberId: string,
): Promise<void> {
  await tables(tx)
    .deleteFrom('access.membership')
    .where('organisation_id', '=', organisationId)
    .where('group_id', '=', groupId)
    .where('member_id', '=', memberId)
    .execute()
}

/** All of a member's, expired ones too. @returns the groups. */
export async function removeMembershipsOf(tx: Queries, organisationId: string, memberId: string): Promise<string[]> {
  const rows = await tables(tx)
    .deleteFrom('access.membership')
    .where('organisation_id', '=', organisationId)
    .where('member_id', '=', memberId)
    .returning('group_id')
    .execute()
  return rows.map((row) => row.group_id).sort()
}

/** Which group stands in which, whatever has expired: what comes back may not close a circle either. */
export async function readNesting(tx: Queries, organisationId: string): Promise<ReadonlyMap<string, string[]>> {
  const rows = await tables(tx)
    .selectFrom('access.membership')
    .select(['group_id', 'member_id'])
    .where('organisation_id', '=', organisationId)
    .where('member_id', 'like', 'grp\\_%')
    .execute()
  const inside = new Map<string, string[]>()
  for (const { group_id, member_id } of rows) inside.set(group_id, [...(inside.get(group_id) ?? []), member_id])
  return inside
}

export async function deleteExpiredMemberships(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'access.membership', sql`expires_at < ${before}`, limit)
}
