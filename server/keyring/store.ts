import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import type { Scope } from './scope.ts'

export type KeyRow = {
  id: string
  organisation_id: string | null
  application_id: string
  subject_id: string | null
  purpose: string
  version: number
  wrapped_by: string | null
  wrapped: Buffer
  messages_sealed: number
  created_at: Date
  shredded_at: Date | null
}
type NewKeyRow = Omit<KeyRow, 'messages_sealed' | 'shredded_at'>

const tables = (queries: Queries) => queries.withTables<{ 'keyring.key': KeyRow }>()

export const scopeOf = (row: KeyRow): Scope => ({
  organisationId: row.organisation_id,
  applicationId: row.application_id,
  subjectId: row.subject_id,
  purpose: row.purpose,
})

/** The newest version, shredded or not. Null where there is none. */
export async function readCurrent(queries: Queries, scope: Scope): Promise<KeyRow | null> {
  const row = await tables(queries)
    .selectFrom('keyring.key')
    .selectAll()
    .where('organisation_id', 'is not distinct from', scope.organisationId)
    .where('application_id', '=', scope.applicationId)
    .where('subject_id', 'is not distinct from', scope.subjectId)
    .where('purpose', '=', scope.purpose)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export async function readKeys(queries: Queries, ids: readonly string[]): Promise<KeyRow[]> {
  return await tables(queries)
    .selectFrom('keyring.key')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

/** A tenant key that another root key wrapped. Null where there is none. */
export async function readForeignRoot(queries: Queries, rootKeyId: string): Promise<string | null> {
  const row = await tables(queries)
    .selectFrom('keyring.key')
    .select('wrapped_by')
    .where('purpose', '=', 'tenant')
    .where('wrapped_by', '!=', rootKeyId)
    .limit(1)
    .executeTakeFirst()
  return row?.wrapped_by ?? null
}

/** @returns false where another process was first; it has committed then. */
export async function insertKey(tx: Queries, row: NewKeyRow): Promise<boolean> {
  const inserted = await tables(tx)
    .insertInto('keyring.key')
    .values({ ...row, messages_sealed: 0, shredded_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return inserted.numInsertedOrUpdatedRows === 1n
}

// Makers of a subject's keys share locks that whoever destroys them holds alone, until the transaction ends: a key can't
// appear behind the back of a shredding that has looked already. Each application has its own; the server's is for all keys.
const subjectLock = (organisationId: string | null, subjectId: string, applicationId: string) =>
  sql`hashtextextended(${`keyring.subject\n${organisationId ?? ''}\n${subjectId}\n${applicationId}`}, 0)`

/** @returns false while one of these is being destroyed. Never waits: the caller may hold that very transaction open. */
export async function shareSubject(
  tx: Queries,
  organisationId: string | null,
  subjectId: string,
  applicationIds: readonly string[],
): Promise<boolean> {
  const shared = applicationIds.map(
    (id) => sql`pg_try_advisory_xact_lock_shared(${subjectLock(organisationId, subjectId, id)})`,
  )
  const { rows } = await sql<{ shared: boolean }>`select ${sql.join(shared, sql` and `)} as shared`.execute(tx)
  return rows[0]?.shared === true
}

export async function lockSubject(
  tx: Queries,
  organisationId: string,
  subjectId: string,
  applicationId: string,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(${subjectLock(organisationId, subjectId, applicationId)})`.execute(tx)
}

/** When the subject was destroyed, for one of these applications. Null where it was not. */
export async function readShreddedAt(
  queries: Queries,
  organisationId: string | null,
  subjectId: string,
  applicationIds: readonly string[],
): Promise<Date | null> {
  const row = await tables(queries)
    .selectFrom('keyring.key')
    .select('shredded_at')
    .where('organisation_id', 'is not distinct from', organisationId)
    .where('subject_id', '=', subjectId)
    .where('application_id', 'in', [...applicationIds])
    .where('shredded_at', 'is not', null)
    .orderBy('shredded_at')
    .limit(1)
    .executeTakeFirst()
  return row?.shredded_at ?? null
}

/** Wipes the live keys of a subject, of one application or (null) of all. @returns their ids. */
export async function wipeKeys(
  tx: Queries,
  organisationId: string,
  subjectId: string,
  applicationId: string | null,
  at: Date,
): Promise<string[]> {
  let wiping = tables(tx)
    .updateTable('keyring.key')
    .set({ wrapped: Buffer.alloc(0), shredded_at: at })
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .where('shredded_at', 'is', null)
  if (applicationId !== null) wiping = wiping.where('application_id', '=', applicationId)
  return (await wiping.returning('id').execute()).map((row) => row.id)
}

/** Remembers that a subject which never had a key was destroyed. */
export async function insertShredded(tx: Queries, row: Omit<NewKeyRow, 'wrapped' | 'wrapped_by'>): Promise<void> {
  await tables(tx)
    .insertInto('keyring.key')
    .values({ ...row, wrapped_by: null, wrapped: Buffer.alloc(0), messages_sealed: 0, shredded_at: row.created_at })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function addMessages(tx: Queries, counts: ReadonlyMap<string, number>): Promise<void> {
  const ids = [...counts.keys()].sort()
  const added = ids.map((id) => counts.get(id) ?? 0)
  await sql`
    update keyring.key set messages_sealed = messages_sealed + counted.messages
    from unnest(${ids}::uuid[], ${added}::bigint[]) as counted (id, messages)
    where key.id = counted.id`.execute(tx)
}

/** What is known about a subject's keys, for its export. */
export async function readSubjectKeys(queries: Queries, organisationId: string, subjectId: string) {
  return await tables(queries)
    .selectFrom('keyring.key')
    .select(['id', 'application_id', 'purpose', 'version', 'messages_sealed', 'created_at', 'shredded_at'])
    .where('organisation_id', '=', organisationId)
    .where('subject_id', '=', subjectId)
    .orderBy('created_at')
    .execute()
}
