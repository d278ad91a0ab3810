import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { maxDepth } from './role-table.ts'

/** Something that a subject has, and until when: the latest of all ways to it, each as long as its shortest part. */
export type Had = { readonly kind: 'group' | 'role'; readonly name: string; readonly until: Date | null }

/**
 * Groups and roles of one subject at `now`: its own, and those of every group that it is in. What a role includes is not counted in.
 *
 * @param evenDisabled counts what a service account would have if it were not disabled.
 */
export async function readHad(
  queries: Queries,
  organisationId: string,
  subjectId: string,
  { now, evenDisabled = false }: { readonly now: Date; readonly evenDisabled?: boolean },
): Promise<Had[]> {
  // `least` passes over null, which is 'for good'.
  const { rows } = await sql<Had>`
    with recursive alive as (
      select 1 as one where left(${subjectId}, 4) <> 'svc_' or exists (
        select from access.service_account
        where id = ${subjectId} and organisation_id = ${organisationId} and (${evenDisabled} or disabled_at is null))
    ), held (group_id, until, depth) as (
      select m.group_id, m.expires_at, 1 from access.membership m, alive
      where m.organisation_id = ${organisationId} and m.member_id = ${subjectId}
        and (m.expires_at is null or m.expires_at > ${now})
      union
      select m.group_id, least(h.until, m.expires_at), h.depth + 1
      from held h join access.membership m on m.organisation_id = ${organisationId} and m.member_id = h.group_id
      where h.depth <= ${maxDepth} and (m.expires_at is null or m.expires_at > ${now})
    ), had (kind, name, until) as (
      select 'group', group_id, until from held
      union all
      select 'role', a.role, a.expires_at from access.assignment a, alive
      where a.organisation_id = ${organisationId} and a.subject_id = ${subjectId}
        and (a.expires_at is null or a.expires_at > ${now})
      union all
      select 'role', a.role, least(h.until, a.expires_at)
      from held h join access.assignment a on a.organisation_id = ${organisationId} and a.subject_id = h.group_id
      where a.expires_at is null or a.expires_at > ${now}
    )
    select kind, name, case when bool_or(until is null) then null else max(until) end as until
    from had group by kind, name`.execute(queries)
  return rows
}

/** People, service accounts and applications that are `subjects`, or in them where they are groups. Sorted, at most `limit`. */
export async function readUnder(
  queries: Queries,
  organisationId: string,
  subjects: readonly string[],
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive under (id) as (
      select unnest(${[...subjects]}::text[])
      union
      select m.member_id from under u
      join access.membership m on m.group_id = u.id and m.organisation_id = ${organisationId}
    )
    select id from under where left(id, 4) <> 'grp_' order by id limit ${limit}`.execute(queries)
  return rows.map((row) => row.id)
}
