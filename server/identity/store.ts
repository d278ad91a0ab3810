import { sql } from 'kysely'
import type { Queries } from '../platform/database/database.ts'
import { runPrepared } from '../platform/database/prepared.ts'

export type State = 'invited' | 'active' | 'disabled'

export type PersonRow = {
  id: string
  organisation_id: string
  email_index: Buffer
  email_sealed: Buffer
  name_sealed: Buffer
  state: State
  password: string | null
  password_changed_at: Date | null
  created_at: Date
  last_sign_in_at: Date | null
}

/** All of them, for statements that are kept. */
const columns = [
  'id',
  'organisation_id',
  'email_index',
  'email_sealed',
  'name_sealed',
  'state',
  'password',
  'password_changed_at',
  'created_at',
  'last_sign_in_at',
] as const satisfies readonly (keyof PersonRow)[]

export type OrganisationRow = { id: string; name: string; created_at: Date }

type Tables = { 'identity.organisation': OrganisationRow; 'identity.person': PersonRow }

const tables = (queries: Queries) => queries.withTables<Tables>()

/** Set-ups take turns, whichever process and link they come through. */
export async function lockSetup(tx: Queries): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('identity.setup', 0))`.execute(tx)
}

/** True once there is an organisation: the set-up makes one and is over then. */
export async function isSetUp(queries: Queries): Promise<boolean> {
  return (await readOrganisationIds(queries, 1)).length > 0
}

export async function insertOrganisation(tx: Queries, row: OrganisationRow): Promise<void> {
  await tables(tx).insertInto('identity.organisation').values(row).execute()
}

/** @returns its name. */
export async function readOrganisationName(queries: Queries, id: string): Promise<string> {
  const query = tables(queries).selectFrom('identity.organisation').select('name').where('id', '=', id)
  return (await query.executeTakeFirstOrThrow()).name
}

/** The first organisations that were made, at most `limit`. */
export async function readOrganisationIds(queries: Queries, limit: number): Promise<readonly string[]> {
  const query = tables(queries).selectFrom('identity.organisation').select('id').orderBy('created_at').orderBy('id')
  return (await query.limit(limit).execute()).map((row) => row.id)
}

/** Organisations of the installation, the oldest first, at most `limit`. */
export async function readOrganisations(queries: Queries, limit: number): Promise<OrganisationRow[]> {
  return await tables(queries)
    .selectFrom('identity.organisation')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Changes to who may administer an organisation take turns. */
export async function lockOrganisation(tx: Queries, id: string): Promise<void> {
  await tables(tx).selectFrom('identity.organisation').select('id').where('id', '=', id).forUpdate().execute()
}

/** @returns false where somebody has the address already. */
export async function insertPerson(tx: Queries, row: PersonRow): Promise<boolean> {
  const result = await tables(tx)
    .insertInto('identity.person')
    .values(row)
    .onConflict((conflict) => conflict.column('email_index').doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

export async function readByEmail(queries: Queries, emailIndex: Buffer): Promise<PersonRow | null> {
  const query = tables(queries).selectFrom('identity.person').select(columns).where('email_index', '=', emailIndex)
  const { rows } = await runPrepared(queries, 'identity.read-by-email', query)
  return rows[0] ?? null
}

export async function readPerson(queries: Queries, id: string): Promise<PersonRow | null> {
  return (
    (await tables(queries).selectFrom('identity.person').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  )
}

/** @returns null where the organisation has no such person. */
export async function readMember(queries: Queries, organisationId: string, id: string): Promise<PersonRow | null> {
  const row = await readPerson(queries, id)
  return row?.organisation_id === organisationId ? row : null
}

/**
 * Holds a person and, where there is one, their renewed password, on condition that the person is still active with the very password that was verified: a change
 * that committed meanwhile wins.
 */
export async function holdVerified(
  tx: Queries,
  person: { readonly id: string; readonly verified: string; readonly renewed: string | null },
): Promise<PersonRow | null> {
  const update = tables(tx)
    .updateTable('identity.person')
    .set({ password: person.renewed ?? person.verified })
    .where('id', '=', person.id)
    .where('state', '=', 'active')
    .where('password', '=', person.verified)
    .returning(columns)
  const { rows } = await runPrepared(tx, 'identity.hold-verified', update)
  return rows[0] ?? null
}

/** Changes to what a person can prove take turns. */
export async function lockPerson(tx: Queries, id: string): Promise<void> {
  await tables(tx).selectFrom('identity.person').select('id').where('id', '=', id).forUpdate().execute()
}

export async function writeLastSignIn(tx: Queries, id: string, now: Date): Promise<void> {
  const update = tables(tx).updateTable('identity.person').set({ last_sign_in_at: now }).where('id', '=', id)
  await runPrepared(tx, 'identity.write-last-sign-in', update)
}

/** Makes an invited person active. @returns null where they are not invited (any more). */
export async function activatePerson(
  tx: Queries,
  person: { readonly id: string; readonly nameSealed: Buffer; readonly password: string },
  now: Date,
): Promise<PersonRow | null> {
  const row = await tables(tx)
    .updateTable('identity.person')
    .set({
      state: 'active',
      name_sealed: person.nameSealed,
      password: person.password,
      password_changed_at: now,
      last_sign_in_at: now,
    })
    .where('id', '=', person.id)
    .where('state', '=', 'invited')
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** @returns false where the password is not the one that was verified any more. */
export async function writePassword(
  tx: Queries,
  person: { readonly id: string; readonly verified: string; readonly next: string },
  now: Date,
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.person')
    .set({ password: person.next, password_changed_at: now })
    .where('id', '=', person.id)
    .where('state', '=', 'active')
    .where('password', '=', person.verified)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function writeState(tx: Queries, id: string, state: State): Promise<void> {
  await tables(tx).updateTable('identity.person').set({ state }).where('id', '=', id).execute()
}

export async function writeName(tx: Queries, id: string, nameSealed: Buffer): Promise<void> {
  await tables(tx).updateTable('identity.person').set({ name_sealed: nameSealed }).where('id', '=', id).execute()
}

export async function deletePerson(tx: Queries, organisationId: string, id: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('identity.person')
    .where('id', '=', id)
    .where('organisation_id', '=', organisationId)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Where a page begins: after this person. */
export type Position = { readonly createdAt: Date; readonly id: string }

/** People of an organisation, the first to come first. */
export async function readPeople(
  queries: Queries,
  organisationId: string,
  {
    after,
    limit,
    state,
  }: { readonly after: Position | null; readonly limit: number; readonly state?: State | undefined },
): Promise<PersonRow[]> {
  return await tables(queries)
    .selectFrom('identity.person')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .$if(state !== undefined, (query) => query.where('state', '=', state as State))
    .$if(after !== null, (query) =>
      query.where((is) =>
        is(is.refTuple('created_at', 'id'), '>', is.tuple((after as Position).createdAt, (after as Position).id)),
      ),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Whether people of the organisation may sign in; of anybody else, nothing. */
export async function readStates(
  queries: Queries,
  organisationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, State>> {
  const rows = await tables(queries)
    .selectFrom('identity.person')
    .select(['id', 'state'])
    .where('organisation_id', '=', organisationId)
    .where('id', 'in', [...ids])
    .execute()
  return new Map(rows.map(({ id, state }) => [id, state]))
}

/** Identifiers of active people, in their own order, after `after`. */
export async function readActiveIds(
  queries: Queries,
  organisationId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await tables(queries)
    .selectFrom('identity.person')
    .select('id')
    .where('organisation_id', '=', organisationId)
    .where('state', '=', 'active')
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}
