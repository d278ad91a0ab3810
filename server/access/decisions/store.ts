import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type DecisionRow = {
  readonly organisation_id: string
  readonly at: Date
  readonly principal_kind: string
  readonly principal_id: string
  readonly action: string
  readonly resource_type: string | null
  readonly resource_id: string | null
  readonly decision: string
  readonly reason: string
  readonly policies: readonly string[]
  readonly errors: readonly string[]
  readonly policy_version: number
  readonly revision: number
  readonly latency_us: number
  readonly network: string | null
  readonly recorded_sealed: Buffer | null
  readonly record: string
}

export type StoredDecision = DecisionRow & { readonly id: string }

/** Those that are there already are passed over: a commit whose answer was lost is repeated. */
export async function insertDecisions(queries: Queries, rows: readonly DecisionRow[]): Promise<void> {
  const column = <K extends keyof DecisionRow>(name: K) => rows.map((row) => row[name])
  // Lists in lists have to be of one length in PostgreSQL: these two travel as JSON. By OFFSET 0 each row is looked up for itself, with the
  // index over times: a join would not keep their order.
  const lists = (name: 'policies' | 'errors') => rows.map((row) => JSON.stringify(row[name]))
  await sql`insert into access.decision (organisation_id, at, principal_kind, principal_id, action, resource_type, resource_id,
      decision, reason, policies, errors, policy_version, revision, latency_us, network, recorded_sealed, record)
    select organisation_id, at, principal_kind, principal_id, action, resource_type, resource_id, decision, reason,
      array(select jsonb_array_elements_text(policies)), array(select jsonb_array_elements_text(errors)),
      policy_version, revision, latency_us, network, recorded_sealed, record
    from unnest(${column('organisation_id')}::text[], ${column('at')}::timestamptz[], ${column('principal_kind')}::text[],
      ${column('principal_id')}::text[], ${column('action')}::text[], ${column('resource_type')}::text[],
      ${column('resource_id')}::text[], ${column('decision')}::text[], ${column('reason')}::text[],
      ${lists('policies')}::jsonb[], ${lists('errors')}::jsonb[], ${column('policy_version')}::integer[],
      ${column('revision')}::bigint[], ${column('latency_us')}::integer[], ${column('network')}::text[],
      ${column('recorded_sealed')}::bytea[], ${column('record')}::text[])
      as noted (organisation_id, at, principal_kind, principal_id, action, resource_type, resource_id, decision, reason,
        policies, errors, policy_version, revision, latency_us, network, recorded_sealed, record)
    where not exists (select from access.decision as written
      where written.at = noted.at and written.record = noted.record offset 0)`.execute(queries)
}

export type DecisionFilters = {
  readonly since?: Date | undefined
  /** Exclusive. */
  readonly until?: Date | undefined
  readonly principalId?: string | undefined
  readonly action?: string | undefined
  readonly decision?: 'allow' | 'deny' | undefined
  readonly before?: string | undefined
}

const columns = sql`id::text, organisation_id, at, principal_kind, principal_id, action, resource_type, resource_id, decision, reason,
  policies, errors, policy_version, revision::integer, latency_us, network, recorded_sealed, record`

/** Newest first. */
export async function findDecisions(
  queries: Queries,
  organisationId: string,
  filters: DecisionFilters,
  limit: number,
): Promise<readonly StoredDecision[]> {
  const { since, until, principalId, action, decision, before } = filters
  const wanted = [
    sql`organisation_id = ${organisationId}`,
    ...(before === undefined ? [] : [sql`id < ${before}::bigint`]),
    ...(since === undefined ? [] : [sql`at >= ${since}`]),
    ...(until === undefined ? [] : [sql`at < ${until}`]),
    ...(principalId === undefined ? [] : [sql`principal_id = ${principalId}`]),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(decision === undefined ? [] : [sql`decision = ${decision}`]),
  ]
  const { rows } = await sql<StoredDecision>`select ${columns} from access.decision
    where ${sql.join(wanted, sql` and `)} order by id desc limit ${limit}`.execute(queries)
  return rows
}

export async function deleteOld(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'access.decision', sql`at < ${before}`, limit)
}

/** Organisations that have decisions in the log, after `after` in the order of their ids: by the index, from one to the next. */
export async function organisationAfter(queries: Queries, after: string): Promise<string | null> {
  const { rows } = await sql<{ organisation_id: string }>`select organisation_id from access.decision
    where organisation_id > ${after} order by organisation_id limit 1`.execute(queries)
  return rows[0]?.organisation_id ?? null
}

/** The id of the newest one that is too many; null where there are no more than `kept`. */
export async function newestBeyond(queries: Queries, organisationId: string, kept: number): Promise<string | null> {
  const { rows } = await sql<{
    id: string
  }>`select id::text from access.decision where organisation_id = ${organisationId}
    order by id desc offset ${kept} limit 1`.execute(queries)
  return rows[0]?.id ?? null
}

export async function deleteUpTo(queries: Queries, organisationId: string, id: string, limit: number): Promise<number> {
  return await deleteBatch(
    queries,
    'access.decision',
    sql`organisation_id = ${organisationId} and id <= ${id}::bigint`,
    limit,
  )
}

/** What a person decided or was refused, gone with the person. */
export async function deleteDecisionsOf(tx: Queries, organisationId: string, principalId: string): Promise<void> {
  await sql`delete from access.decision where organisation_id = ${organisationId} and principal_id = ${principalId}`.execute(
    tx,
  )
}
