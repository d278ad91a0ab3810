import type { RawBuilder } from 'kysely'
import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { prepared } from '../../platform/database/prepared.ts'
import type { Condition, ResourceId, Subject, Tuple } from './api.ts'
import type { Read, SubjectKey, TupleReader } from './tuples.ts'
import { maxEdges } from './tuples.ts'

type Place = Pick<Tuple, 'resource' | 'relation' | 'subject'>

type Row = {
  readonly resource_type: string
  readonly resource_id: string
  readonly relation: string
  readonly subject_type: string
  readonly subject_id: string
  readonly subject_relation: string
  readonly condition: Condition | null
  readonly expires_at: Date | null
}

const columns = sql.raw(
  't.resource_type, t.resource_id, t.relation, t.subject_type, t.subject_id, t.subject_relation, t.condition, t.expires_at',
)

/** Reads by index alone: each `lateral` is one look-up, whatever the planner thinks of how many there are. */
export const tupleReader = (queries: Queries): TupleReader => ({
  async read(organisationId, reads, subjects, nowMs) {
    const now = new Date(nowMs)
    const { rows } = await sql<Row>`${prepared('access.relation-read')}
      select ${columns} from ${unnestReads(reads)}
        cross join ${unnestSubjects(subjects)}
        cross join lateral (
          select * from access.relation t
          where t.organisation_id = ${organisationId} and t.resource_type = r.type and t.resource_id = r.id and t.relation = r.relation
            and t.subject_type = s.type and t.subject_id = s.id and t.subject_relation = s.relation
            and (t.expires_at is null or t.expires_at > ${now})
          limit 1) t
      union
      select ${columns} from ${unnestReads(reads)}
        cross join lateral (
          select * from access.relation t
          where t.organisation_id = ${organisationId} and t.resource_type = r.type and t.resource_id = r.id and t.relation = r.relation
            and t.edge and (t.expires_at is null or t.expires_at > ${now})
          limit ${maxEdges + 1}) t`.execute(queries)
    return rows.map(tupleOf)
  },

  async resourcesOf(organisationId, subjects, { type, relations }, after, limit, nowMs) {
    const { rows } = await sql<{ id: string }>`${prepared('access.relation-resources')}
      select distinct t.resource_id as id from ${unnestSubjects(subjects)}
        cross join lateral (
          select resource_id from access.relation t
          where t.organisation_id = ${organisationId} and t.subject_type = s.type and t.subject_id = s.id
            and t.subject_relation = s.relation and t.resource_type = ${type} and t.relation = any(${relations}::text[])
            and t.resource_id > ${after ?? ''} and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
          order by t.resource_id limit ${limit * relations.length}) t
      order by 1 limit ${limit}`.execute(queries)
    return rows.map(({ id }) => id)
  },

  async tuplesOf(organisationId, subjects, targets, limit, nowMs) {
    const types = targets.map(({ type }) => type)
    const relations = targets.map(({ relation }) => relation)
    const { rows } = await sql<Read>`${prepared('access.relation-tuples')}
      select t.resource_type as type, t.resource_id as id, t.relation from ${unnestSubjects(subjects)}
        cross join unnest(${types}::text[], ${relations}::text[]) as g (type, relation)
        cross join lateral (
          select * from access.relation t
          where t.organisation_id = ${organisationId} and t.subject_type = s.type and t.subject_id = s.id
            and t.subject_relation = s.relation and t.resource_type = g.type and t.relation = g.relation
            and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
          limit ${limit}) t
      limit ${limit}`.execute(queries)
    return rows
  },

  async subjectsOf(organisationId, reads, kind, after, limit, nowMs) {
    const { rows } = await sql<{ id: string }>`${prepared('access.relation-subjects')}
      select distinct t.subject_id as id from ${unnestReads(reads)}
        cross join lateral (
          select t.subject_id from access.relation t
          where t.organisation_id = ${organisationId} and t.resource_type = r.type and t.resource_id = r.id and t.relation = r.relation
            and t.subject_type = ${kind.type} and t.subject_relation = ${kind.relation} and t.subject_id > ${after ?? ''}
            and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
          order by t.subject_id limit ${limit}) t
      order by 1 limit ${limit}`.execute(queries)
    return rows.map(({ id }) => id)
  },
})

const unnestReads = (reads: readonly Read[]) =>
  sql`unnest(${reads.map(({ type }) => type)}::text[], ${reads.map(({ id }) => id)}::text[],
    ${reads.map(({ relation }) => relation)}::text[]) as r (type, id, relation)`

const unnestSubjects = (subjects: readonly SubjectKey[]) =>
  sql`unnest(${subjects.map(({ type }) => type)}::text[], ${subjects.map(({ id }) => id)}::text[],
    ${subjects.map(({ relation }) => relation)}::text[]) as s (type, id, relation)`

/** @returns those that were not there as they are now. */
export async function addTuples(
  tx: Queries,
  organisationId: string,
  tuples: readonly Tuple[],
  nowMs: number,
): Promise<readonly Tuple[]> {
  if (tuples.length === 0) return []
  const conditions = tuples.map(({ condition }) => (condition === undefined ? null : JSON.stringify(condition)))
  const expiries = tuples.map(({ expiresMs }) => (expiresMs === undefined ? null : new Date(expiresMs).toISOString()))
  const { rows } = await sql<Row>`
    insert into access.relation as t (organisation_id, resource_type, resource_id, relation, subject_type, subject_id,
      subject_relation, condition, expires_at, written_at)
    select ${organisationId}, p.*, ${new Date(nowMs)}
      from unnest(${placesOf(tuples)}, ${conditions}::jsonb[], ${expiries}::timestamptz[]) as p
    on conflict (organisation_id, resource_type, resource_id, relation, subject_type, subject_id, subject_relation)
    do update set condition = excluded.condition, expires_at = excluded.expires_at, written_at = excluded.written_at
      where (t.condition, t.expires_at) is distinct from (excluded.condition, excluded.expires_at)
    returning ${columns}`.execute(tx)
  return rows.map(tupleOf)
}

/** @returns those that were there. */
export async function removeTuples(
  tx: Queries,
  organisationId: string,
  tuples: readonly Place[],
  nowMs: number,
): Promise<readonly Tuple[]> {
  if (tuples.length === 0) return []
  const { rows } = await sql<Row>`
    delete from access.relation t
    using unnest(${placesOf(tuples)}) as p (resource_type, resource_id, relation, subject_type, subject_id, subject_relation)
    where t.organisation_id = ${organisationId} and t.resource_type = p.resource_type and t.resource_id = p.resource_id
      and t.relation = p.relation and t.subject_type = p.subject_type and t.subject_id = p.subject_id
      and t.subject_relation = p.subject_relation
    returning ${columns}`.execute(tx)
  return rows.map(tupleOf).filter(({ expiresMs }) => expiresMs === undefined || expiresMs > nowMs)
}

/** How many tuples that name resources the widest of these relations has, counted to one more than may be. */
export async function mostEdges(
  queries: Queries,
  organisationId: string,
  reads: readonly Read[],
  nowMs: number,
): Promise<number> {
  const { rows } = await sql<{ edges: number }>`
    select count(*)::int as edges from ${unnestReads(reads)}
      cross join lateral (
        select 1 from access.relation t
        where t.organisation_id = ${organisationId} and t.resource_type = r.type and t.resource_id = r.id and t.relation = r.relation
          and t.edge and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
        limit ${maxEdges + 1}) t
    group by r.type, r.id, r.relation order by 1 desc limit 1`.execute(queries)
  return rows[0]?.edges ?? 0
}

/** Tuples of one resource after that place (relation, subject type, id, relation), in that order. */
export async function readShares(
  queries: Queries,
  organisationId: string,
  { type, id }: ResourceId,
  after: readonly string[] | null,
  limit: number,
  nowMs: number,
): Promise<readonly Tuple[]> {
  const [relation = '', subjectType = '', subjectId = '', subjectRelation = ''] = after ?? []
  const { rows } = await sql<Row>`
    select ${columns} from access.relation t
    where t.organisation_id = ${organisationId} and t.resource_type = ${type} and t.resource_id = ${id}
      and (t.relation, t.subject_type, t.subject_id, t.subject_relation)
        > (${relation}, ${subjectType}, ${subjectId}, ${subjectRelation})
      and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
    order by t.relation, t.subject_type, t.subject_id, t.subject_relation limit ${limit}`.execute(queries)
  return rows.map(tupleOf)
}

/** Tuples that name the subject. */
export async function readNaming(
  queries: Queries,
  organisationId: string,
  { type, id }: Subject,
  limit: number,
  nowMs: number,
): Promise<readonly Tuple[]> {
  const { rows } = await sql<Row>`
    select ${columns} from access.relation t
    where t.organisation_id = ${organisationId} and t.subject_type = ${type} and t.subject_id = ${id}
      and (t.expires_at is null or t.expires_at > ${new Date(nowMs)})
    order by t.subject_relation, t.resource_type, t.resource_id, t.relation limit ${limit}`.execute(queries)
  return rows.map(tupleOf)
}

/** Removes what names the subject. @returns how many. */
export async function removeSubject(tx: Queries, organisationId: string, { type, id }: Subject): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from access.relation where organisation_id = ${organisationId} and subject_type = ${type} and subject_id = ${id}`.execute(
    tx,
  )
  return Number(numAffectedRows)
}

/** @returns how many. */
export async function removeExpired(queries: Queries, beforeMs: number, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from access.relation where ctid = any(array(
      select ctid from access.relation where expires_at <= ${new Date(beforeMs)} limit ${limit} for update skip locked))`.execute(
    queries,
  )
  return Number(numAffectedRows)
}

const placesOf = (tuples: readonly Place[]) => sql`${tuples.map(({ resource }) => resource.type)}::text[],
  ${tuples.map(({ resource }) => resource.id)}::text[], ${tuples.map(({ relation }) => relation)}::text[],
  ${tuples.map(({ subject }) => subject.type)}::text[], ${tuples.map(({ subject }) => subject.id)}::text[],
  ${tuples.map(({ subject }) => subject.relation ?? '')}::text[]`

const tupleOf = (row: Row): Tuple => ({
  resource: { type: row.resource_type, id: row.resource_id },
  relation: row.relation,
  subject: {
    type: row.subject_type,
    id: row.subject_id,
    ...(row.subject_relation === '' ? {} : { relation: row.subject_relation }),
  },
  ...(row.condition === null ? {} : { condition: row.condition }),
  ...(row.expires_at === null ? {} : { expiresMs: row.expires_at.getTime() }),
})

/**
 * Resources of a type that any tuple names, in order. It goes from one to the next by the index, so that one with a million shares costs as
 * much as one with a single share.
 */
export async function readKnown(
  queries: Queries,
  organisationId: string,
  { type, after, limit }: { readonly type: string; readonly after: string | null; readonly limit: number },
): Promise<readonly string[]> {
  const next = (past: RawBuilder<string>) => sql`(
    select r.resource_id from access.relation r
    where r.organisation_id = ${organisationId} and r.resource_type = ${type} and r.resource_id > ${past}
    order by r.resource_id limit 1)`
  const { rows } = await sql<{ id: string }>`
    with recursive known (id) as (
      select ${next(sql<string>`${after ?? ''}`)}
      union all
      select ${next(sql<string>`known.id`)} from known where known.id is not null
    )
    select id from known where id is not null limit ${limit}`.execute(queries)
  return rows.map(({ id }) => id)
}
