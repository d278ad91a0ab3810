import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'
import { prepared } from '../../platform/database/prepared.ts'
import type { PersonRow } from '../store.ts'

/** How far an attestation was followed: see `attestation.ts`. */
export type Trust = 'none' | 'self' | 'unproven' | 'proven'

export type PasskeyRow = {
  id: string
  person_id: string
  organisation_id: string
  credential_id: Buffer
  public_key: Buffer
  /** Text of 0 to 4,294,967,295: PostgreSQL's driver makes no number of a bigint. */
  counter: string
  backup_eligible: boolean
  backup_state: boolean
  user_verified: boolean
  transports: string[]
  attachment: 'platform' | 'cross-platform' | null
  aaguid: string
  attestation_format: string
  attestation_trust: Trust
  name_sealed: Buffer
  created_at: Date
  last_used_at: Date | null
  clone_suspected_at: Date | null
}

/** What a challenge was made for. */
export type Purpose = 'register' | 'prove' | 'sign-in'

type ChallengeRow = { challenge: Buffer; purpose: Purpose; flow: string; expires_at: Date; used_at: Date | null }
type HandleRow = { person_id: string; handle: Buffer }

type Tables = {
  'identity.passkey': PasskeyRow
  'identity.passkey_challenge': ChallengeRow
  'identity.passkey_handle': HandleRow
  'identity.person': PersonRow
}

const tables = (queries: Queries) => queries.withTables<Tables>()

export async function insertChallenge(queries: Queries, row: Omit<ChallengeRow, 'used_at'>): Promise<void> {
  await tables(queries)
    .insertInto('identity.passkey_challenge')
    .values({ ...row, used_at: null })
    .execute()
}

/** Uses a challenge up. Of many who come with it at once exactly one gets it: the rows that this statement changed say who. */
export async function consumeChallenge(
  queries: Queries,
  { challenge, purpose, flow }: Pick<ChallengeRow, 'challenge' | 'purpose' | 'flow'>,
  now: Date,
): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('identity.passkey_challenge')
    .set({ used_at: now })
    .where('challenge', '=', challenge)
    .where('purpose', '=', purpose)
    .where('flow', '=', flow)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Removes up to `limit` challenges that expired before `before`. @returns how many. */
export async function deleteOldChallenges(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.passkey_challenge', sql`expires_at < ${before}`, limit)
}

/** The person's handle; `fresh` becomes it where they have none, and whoever comes first decides. */
export async function ensureHandle(queries: Queries, personId: string, fresh: Buffer): Promise<Buffer> {
  await tables(queries)
    .insertInto('identity.passkey_handle')
    .values({ person_id: personId, handle: fresh })
    .onConflict((conflict) => conflict.column('person_id').doNothing())
    .execute()
  const handle = await readHandle(queries, personId)
  if (handle === null) throw new Error('a handle was inserted, and is not there')
  return handle
}

export async function readHandle(queries: Queries, personId: string): Promise<Buffer | null> {
  const row = await tables(queries)
    .selectFrom('identity.passkey_handle')
    .select('handle')
    .where('person_id', '=', personId)
    .executeTakeFirst()
  return row?.handle ?? null
}

/** @returns false where somebody, whoever it is, has registered this credential already. */
export async function insertPasskey(tx: Queries, row: PasskeyRow): Promise<boolean> {
  const result = await tables(tx)
    .insertInto('identity.passkey')
    .values(row)
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

/** A person's passkeys, the oldest first. */
export async function readPasskeys(queries: Queries, personId: string): Promise<PasskeyRow[]> {
  return await tables(queries)
    .selectFrom('identity.passkey')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** The passkey that a person proved or enrolled last. */
export async function readLastUsed(queries: Queries, personId: string): Promise<PasskeyRow | null> {
  const row = await tables(queries)
    .selectFrom('identity.passkey')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy((is) => is.fn.coalesce('last_used_at', 'created_at'), 'desc')
    .orderBy('last_used_at', (order) => order.desc().nullsLast())
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export async function countPasskeys(queries: Queries, personId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`${prepared('identity.count-passkeys')}select count(*)::int as count
    from identity.passkey where person_id = ${personId}`.execute(queries)
  return rows[0]?.count ?? 0
}

export async function readByCredential(queries: Queries, credentialId: Buffer): Promise<PasskeyRow | null> {
  const query = tables(queries).selectFrom('identity.passkey').selectAll().where('credential_id', '=', credentialId)
  return (await query.executeTakeFirst()) ?? null
}

/** What one assertion says about its authenticator. */
export type Use = { readonly counter: number; readonly backupEligible: boolean; readonly backupState: boolean }

/** Writes a use down whose counter went forward, or that counts nothing at all. @returns false for any other. */
export async function writeUse(queries: Queries, id: string, use: Use, now: Date): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('identity.passkey')
    .set({ counter: String(use.counter), backup_state: use.backupState, last_used_at: now })
    .where('id', '=', id)
    .where('backup_eligible', '=', use.backupEligible)
    // WebAuthn level 3 §7.2 step 22: both zero, or the new one is higher.
    .where(sql<boolean>`(counter < ${use.counter} or (counter = 0 and ${use.counter} = 0))`)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns the passkey as it is; held until the transaction ends. */
export async function holdPasskey(tx: Queries, id: string): Promise<PasskeyRow | null> {
  const query = tables(tx).selectFrom('identity.passkey').selectAll().where('id', '=', id).forUpdate()
  return (await query.executeTakeFirst()) ?? null
}

export async function writeCloneSuspected(tx: Queries, id: string, now: Date): Promise<void> {
  await tables(tx).updateTable('identity.passkey').set({ clone_suspected_at: now }).where('id', '=', id).execute()
}

/** Writes a use down whose counter did not go forward: the counter stays. */
export async function writeUncounted(tx: Queries, id: string, use: Use, now: Date): Promise<void> {
  const change = { backup_state: use.backupState, last_used_at: now }
  await tables(tx).updateTable('identity.passkey').set(change).where('id', '=', id).execute()
}

/**
 * Holds the owner of a passkey that was proven, on condition that they are still active and still have it: a change that committed
 * meanwhile wins.
 */
export async function holdOwner(tx: Queries, passkeyId: string): Promise<PersonRow | null> {
  const row = await tables(tx)
    .selectFrom('identity.person')
    .selectAll('identity.person')
    .where('state', '=', 'active')
    .where('id', '=', (from) =>
      from.selectFrom('identity.passkey').select('person_id').where('identity.passkey.id', '=', passkeyId),
    )
    .forUpdate()
    .executeTakeFirst()
  return row ?? null
}

/** @returns false where this person has no such passkey. */
export async function writePasskeyName(
  tx: Queries,
  personId: string,
  id: string,
  nameSealed: Buffer,
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.passkey')
    .set({ name_sealed: nameSealed })
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns false where this person has no such passkey. */
export async function deletePasskey(tx: Queries, personId: string, id: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('identity.passkey')
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}
