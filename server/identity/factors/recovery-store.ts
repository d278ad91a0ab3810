import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'

type RecoveryRow = {
  code_hash: Buffer
  set_id: string
  person_id: string
  created_at: Date
  used_at: Date | null
}

/** The codes that somebody has, as one. */
export type RecoverySet = { id: string; created_at: Date; last_used_at: Date | null; left: number }

const tables = (queries: Queries) => queries.withTables<{ 'identity.recovery_code': RecoveryRow }>()

export async function insertCodes(tx: Queries, rows: readonly Omit<RecoveryRow, 'used_at'>[]): Promise<void> {
  await tables(tx)
    .insertInto('identity.recovery_code')
    .values(rows.map((row) => ({ ...row, used_at: null })))
    .execute()
}

/** Voids what a person has. @returns false where there was nothing. */
export async function deleteCodes(tx: Queries, personId: string): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('identity.recovery_code')
    .where('person_id', '=', personId)
    .executeTakeFirst()
  return result.numDeletedRows > 0n
}

/** @returns null where none were ever made, or they were voided. */
export async function readSet(queries: Queries, personId: string): Promise<RecoverySet | null> {
  const row = await tables(queries)
    .selectFrom('identity.recovery_code')
    .select((from) => [
      'set_id as id',
      from.fn.min<Date>('created_at').as('created_at'),
      from.fn.max<Date | null>('used_at').as('last_used_at'),
      sql<number>`(count(*) filter (where used_at is null))::integer`.as('left'),
    ])
    .where('person_id', '=', personId)
    .groupBy('set_id')
    .executeTakeFirst()
  return row ?? null
}

/** Uses a code up. @returns false where it is not theirs, or was used: of many at once one gets it. */
export async function consumeCode(tx: Queries, personId: string, codeHash: Buffer, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.recovery_code')
    .set({ used_at: now })
    .where('code_hash', '=', codeHash)
    .where('person_id', '=', personId)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
