import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'
import { runPrepared } from '../../platform/database/prepared.ts'

type TotpRow = {
  id: string
  person_id: string
  secret_sealed: Buffer
  name_sealed: Buffer | null
  created_at: Date
  offered_until: Date
  tries: number
  confirmed_at: Date | null
  last_step: number | null
  last_used_at: Date | null
}

/** An authenticator app that is in force. */
export type Authenticator = TotpRow & { name_sealed: Buffer; confirmed_at: Date; last_step: number }

const columns = [
  'id',
  'person_id',
  'secret_sealed',
  'name_sealed',
  'created_at',
  'offered_until',
  'tries',
  'confirmed_at',
  'last_step',
  'last_used_at',
] as const satisfies readonly (keyof TotpRow)[]

const tables = (queries: Queries) => queries.withTables<{ 'identity.totp': TotpRow }>()

export async function insertOffer(
  tx: Queries,
  row: Pick<TotpRow, 'id' | 'person_id' | 'secret_sealed' | 'created_at' | 'offered_until'>,
): Promise<void> {
  const empty = { name_sealed: null, tries: 0, confirmed_at: null, last_step: null, last_used_at: null }
  await tables(tx)
    .insertInto('identity.totp')
    .values({ ...row, ...empty })
    .execute()
}

/** Leaves a person the newest `kept` of what they were offered. */
export async function deleteOtherOffers(tx: Queries, personId: string, kept: number): Promise<void> {
  await tables(tx)
    .deleteFrom('identity.totp')
    .where('id', 'in', (from) =>
      from
        .selectFrom('identity.totp')
        .select('id')
        .where('person_id', '=', personId)
        .where('confirmed_at', 'is', null)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .offset(kept),
    )
    .execute()
}

/** Counts a try at an offer before it is looked at. @returns its sealed secret; null where it is over, or not theirs. */
export async function tryOffer(
  queries: Queries,
  { id, personId, most, now }: { id: string; personId: string; most: number; now: Date },
): Promise<Buffer | null> {
  const row = await tables(queries)
    .updateTable('identity.totp')
    .set({ tries: sql<number>`tries + 1` })
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is', null)
    .where('offered_until', '>', now)
    .where('tries', '<', most)
    .returning('secret_sealed')
    .executeTakeFirst()
  return row?.secret_sealed ?? null
}

/** Puts an offer in force, and its step behind it. @returns false where somebody else did, or it is over. */
export async function confirmOffer(
  tx: Queries,
  { id, step, nameSealed, now }: { id: string; step: number; nameSealed: Buffer; now: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.totp')
    .set({ confirmed_at: now, last_step: step, name_sealed: nameSealed })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .where('offered_until', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** What a person has in force, the oldest first. */
export async function readAuthenticators(queries: Queries, personId: string): Promise<readonly Authenticator[]> {
  const query = tables(queries)
    .selectFrom('identity.totp')
    .select(columns)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
  return (await runPrepared(queries, 'identity.read-authenticators', query)).rows as Authenticator[]
}

/** Uses a step up. @returns false where it, or one after it, was used before: of many at once one gets it. */
export async function useStep(queries: Queries, id: string, step: number, now: Date): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('identity.totp')
    .set({ last_step: step, last_used_at: now })
    .where('id', '=', id)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function renameAuthenticator(
  tx: Queries,
  { id, personId, nameSealed }: { id: string; personId: string; nameSealed: Buffer },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.totp')
    .set({ name_sealed: nameSealed })
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function deleteAuthenticator(tx: Queries, id: string, personId: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('identity.totp')
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** Removes up to `limit` offers that nobody confirmed before `before`. @returns how many. */
export async function deleteOldOffers(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.totp', sql`confirmed_at is null and offered_until < ${before}`, limit)
}
