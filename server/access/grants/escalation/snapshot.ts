import type { TestDatabase } from '../../../platform/database/testing.ts'

type Row = Readonly<Record<string, unknown>>

/** All that says who may do what in one organisation, as rows. */
export type Snapshot = {
  readonly role: readonly (Row & { name: string; permissions: string[]; includes: string[]; privileged: boolean })[]
  readonly group_of_subjects: readonly (Row & { id: string })[]
  readonly membership: readonly (Row & { group_id: string; member_id: string; expires_at: string | null })[]
  readonly service_account: readonly (Row & { id: string; disabled_at: string | null })[]
  readonly assignment: readonly (Row & { subject_id: string; role: string; expires_at: string | null })[]
  readonly approval: readonly (Row & { id: string; outcome: string | null })[]
  readonly review: readonly (Row & { id: string; closed_at: string | null })[]
  readonly review_item: readonly (Row & { review_id: string; kind: string; subject_id: string; target: string })[]
}

const tables = [
  'role',
  'group_of_subjects',
  'membership',
  'service_account',
  'assignment',
  'approval',
  'review',
] as const

const ofOrganisation = (table: string, organisationId: string) =>
  table === 'review_item'
    ? `review_id in (select id from access.review where organisation_id = '${organisationId}')`
    : `organisation_id = '${organisationId}'`

export async function takeSnapshot(opened: TestDatabase, organisationId: string): Promise<Snapshot> {
  const parts = [...tables, 'review_item'].map(
    (table) =>
      `'${table}', (select coalesce(json_agg(r), '[]') from access.${table} r where ${ofOrganisation(table, organisationId)})`,
  )
  const [row] = await opened.asOwner(`select json_build_object(${parts.join(', ')}) as all`)
  return row?.all as Snapshot
}

/** Puts everything back as it was. */
export async function restore(opened: TestDatabase, organisationId: string, snapshot: Snapshot): Promise<void> {
  const gone = ['membership', ...tables.filter((table) => table !== 'membership')].map(
    (table) => `delete from access.${table} where ${ofOrganisation(table, organisationId)}`,
  )
  const back = [...tables, 'review_item'].map((table) => {
    const rows = JSON.stringify(snapshot[table as keyof Snapshot]).replaceAll("'", "''")
    return `insert into access.${table} select * from json_populate_recordset(null::access.${table}, '${rows}')`
  })
  await opened.asOwner(`begin; ${[...gone, ...back].join('; ')}; commit`)
}

/** The same for two that differ in times and reasons alone: a place where the search has been. */
export function keyOf(snapshot: Snapshot): string {
  const dull = new Set([
    'created_at',
    'changed_at',
    'assigned_at',
    'added_at',
    'reason_sealed',
    'asked_at',
    'decided_at',
    'opened_at',
    'given_at',
  ])
  const ids = new Map<unknown, string>()
  for (const { id } of [...snapshot.approval, ...snapshot.review]) ids.set(id, `#${ids.size}`)
  const plain = Object.entries(snapshot).map(([table, rows]) => [
    table,
    rows
      .map((row: Row) =>
        JSON.stringify(
          Object.entries(row).flatMap(([name, value]) => (dull.has(name) ? [] : [[name, ids.get(value) ?? value]])),
        ),
      )
      .sort(),
  ])
  return JSON.stringify(plain)
}
