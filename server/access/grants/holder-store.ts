import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { maxDepth } from './role-table.ts'

/** In the order of their identifiers, after `after`: at most `limit`. */
export type HolderPage = { readonly after: string; readonly limit: number }

/** Groups that have one of the roles at `now`, those of `groups`, and those that stand in one of these. At most as many as there may be. */
export async function readGroupsUnder(
  queries: Queries,
  organisationId: string,
  { roles, groups }: { readonly roles: readonly string[]; readonly groups: readonly string[] },
  now: Date,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive under (id, depth) as (
      select id, 0 from unnest(${[...groups]}::text[]) id
      union
      select subject_id, 0 from access.assignment
      where organisation_id = ${organisationId} and role = any(${[...roles]}::text[]) and left(subject_id, 4) = 'grp_'
        and (expires_at is null or expires_at > ${now})
      union
      select m.member_id, u.depth + 1 from under u
      join access.membership m on m.group_id = u.id and m.organisation_id = ${organisationId}
      where left(m.member_id, 4) = 'grp_' and u.depth <= ${maxDepth} and (m.expires_at is null or m.expires_at > ${now})
    )
    select distinct id from under`.execute(queries)
  return rows.map((row) => row.id)
}

const prefixes = { user: 'usr_', service: 'svc_', application: '' } as const

export type HolderKind = keyof typeof prefixes

/** Who has one of the roles directly, or is in one of the groups, at `now`. An application is whoever is nobody else. */
export async function readHolders(
  queries: Queries,
  organisationId: string,
  { roles, groups, kind }: { roles: readonly string[]; groups: readonly string[]; kind: HolderKind },
  { after, limit }: HolderPage,
  now: Date,
): Promise<string[]> {
  const isKind = (column: string) =>
    kind === 'application'
      ? sql`left(${sql.ref(column)}, 4) <> all(array['usr_', 'svc_', 'grp_'])`
      : sql`left(${sql.ref(column)}, 4) = ${prefixes[kind]}`
  // Names of applications have hyphens, which other collations pass over.
  const { rows } = await sql<{ id: string }>`
    select id collate "C" as id from (
      (select distinct subject_id collate "C" as id from access.assignment
       where organisation_id = ${organisationId} and role = any(${[...roles]}::text[]) and ${isKind('subject_id')}
         and subject_id collate "C" > ${after} and (expires_at is null or expires_at > ${now})
       order by 1 limit ${limit})
      union
      (select distinct member_id collate "C" as id from access.membership
       where organisation_id = ${organisationId} and group_id = any(${[...groups]}::text[]) and ${isKind('member_id')}
         and member_id collate "C" > ${after} and (expires_at is null or expires_at > ${now})
       order by 1 limit ${limit})
    ) held order by 1 limit ${limit}`.execute(queries)
  return rows.map((row) => row.id)
}

/** Service accounts that are not disabled. */
export async function readActiveServiceAccounts(
  queries: Queries,
  organisationId: string,
  { after, limit }: HolderPage,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from access.service_account
    where organisation_id = ${organisationId} and disabled_at is null and id > ${after}
    order by id limit ${limit}`.execute(queries)
  return rows.map((row) => row.id)
}

/** A membership, or an assignment, of one of `subjects`. */
export type Step = { readonly subject: string; readonly target: string; readonly until: Date | null }

/** Groups that the subjects are in at `now`, one step up; in the order of group and subject. */
export async function readStepsUp(
  queries: Queries,
  organisationId: string,
  subjects: readonly string[],
  now: Date,
): Promise<Step[]> {
  const { rows } = await sql<Step>`
    select member_id as subject, group_id as target, expires_at as until from access.membership
    where organisation_id = ${organisationId} and member_id = any(${[...subjects]}::text[])
      and (expires_at is null or expires_at > ${now})
    order by group_id, member_id`.execute(queries)
  return rows
}

/** Roles that were assigned to the subjects at `now`; in the order of role and subject. */
export async function readRolesOf(
  queries: Queries,
  organisationId: string,
  subjects: readonly string[],
  now: Date,
): Promise<Step[]> {
  const { rows } = await sql<Step>`
    select subject_id as subject, role as target, expires_at as until from access.assignment
    where organisation_id = ${organisationId} and subject_id = any(${[...subjects]}::text[])
      and (expires_at is null or expires_at > ${now})
    order by role, subject_id`.execute(queries)
  return rows
}
