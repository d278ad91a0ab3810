import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

type PhoneRow = {
  id: string
  person_id: string
  number_sealed: Buffer
  name_sealed: Buffer | null
  created_at: Date
  offered_until: Date
  confirmed_at: Date | null
  last_used_at: Date | null
}

/** A phone that its code has confirmed. */
export type ConfirmedPhone = PhoneRow & { name_sealed: Buffer; confirmed_at: Date }

const tables = (queries: Queries) => queries.withTables<{ 'identity.phone': PhoneRow }>()

export async function insertPhoneOffer(
  tx: Queries,
  row: Omit<PhoneRow, 'name_sealed' | 'confirmed_at' | 'last_used_at'>,
): Promise<void> {
  await tables(tx)
    .insertInto('identity.phone')
    .values({ ...row, name_sealed: null, confirmed_at: null, last_used_at: null })
    .execute()
}

/** Leaves a person the newest `kept` of what they were offered. */
export async function deleteOtherPhoneOffers(tx: Queries, personId: string, kept: number): Promise<void> {
  await tables(tx)
    .deleteFrom('identity.phone')
    .where('id', 'in', (from) =>
      from
        .selectFrom('identity.phone')
        .select('id')
        .where('person_id', '=', personId)
        .where('confirmed_at', 'is', null)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .offset(kept),
    )
    .execute()
}

/** @returns the sealed number of an offer; null where it is over, or not theirs. */
export async function readPhoneOffer(
  queries: Queries,
  { id, personId, now }: { id: string; personId: string; now: Date },
): Promise<Buffer | null> {
  const row = await tables(queries)
    .selectFrom('identity.phone')
    .select('number_sealed')
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is', null)
    .where('offered_until', '>', now)
    .executeTakeFirst()
  return row?.number_sealed ?? null
}

/** @returns false where somebody else confirmed it, or it is over. */
export async function confirmPhoneOffer(
  tx: Queries,
  { id, nameSealed, now }: { id: string; nameSealed: Buffer; now: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.phone')
    .set({ confirmed_at: now, name_sealed: nameSealed })
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .where('offered_until', '>', now)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** A person's confirmed phones, the oldest first. */
export async function readPhones(queries: Queries, personId: string): Promise<readonly ConfirmedPhone[]> {
  const rows = await tables(queries)
    .selectFrom('identity.phone')
    .selectAll()
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows as ConfirmedPhone[]
}

/** The code went to all of them, so all of them were used. */
export async function writePhonesUsed(queries: Queries, personId: string, now: Date): Promise<void> {
  await tables(queries)
    .updateTable('identity.phone')
    .set({ last_used_at: now })
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .execute()
}

export async function renamePhone(
  tx: Queries,
  { id, personId, nameSealed }: { id: string; personId: string; nameSealed: Buffer },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.phone')
    .set({ name_sealed: nameSealed })
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns the sealed number that it had; null where it was not theirs. */
export async function deletePhone(tx: Queries, id: string, personId: string): Promise<Buffer | null> {
  const row = await tables(tx)
    .deleteFrom('identity.phone')
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .where('confirmed_at', 'is not', null)
    .returning('number_sealed')
    .executeTakeFirst()
  return row?.number_sealed ?? null
}

/** Removes up to `limit` offers that nobody confirmed before `before`. @returns how many. */
export async function deleteOldPhoneOffers(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.phone', sql`confirmed_at is null and offered_until < ${before}`, limit)
}
