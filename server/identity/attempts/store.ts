import type { FactorKind } from '@custodia/wire/http/factors.ts'
import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type AttemptRow = {
  id: string
  token_hash: Buffer
  person_id: string
  organisation_id: string
  proven: FactorKind[]
  raised: boolean
  risk: number
  tries: number
  created_at: Date
  expires_at: Date
  ended_at: Date | null
}

const tables = (queries: Queries) => queries.withTables<{ 'identity.attempt': AttemptRow }>()

export async function insertAttempt(tx: Queries, row: Omit<AttemptRow, 'tries' | 'ended_at'>): Promise<void> {
  await tables(tx)
    .insertInto('identity.attempt')
    .values({ ...row, tries: 0, ended_at: null })
    .execute()
}

export async function readAttempt(queries: Queries, tokenHash: Buffer, now: Date): Promise<AttemptRow | null> {
  const row = await tables(queries)
    .selectFrom('identity.attempt')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row ?? null
}

/** Counts a try before it is looked at. @returns false where there were as many as there may be. */
export async function countTry(queries: Queries, id: string, most: number): Promise<boolean> {
  const result = await tables(queries)
    .updateTable('identity.attempt')
    .set({ tries: sql<number>`tries + 1` })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('tries', '<', most)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** @returns what is proven now; null where the attempt is over: of two that finish it at once one has it. */
export async function addProven(tx: Queries, id: string, kind: FactorKind, now: Date): Promise<FactorKind[] | null> {
  const row = await tables(tx)
    .updateTable('identity.attempt')
    .set({ proven: sql<FactorKind[]>`case when ${kind} = any (proven) then proven else proven || ${kind}::text end` })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('proven')
    .executeTakeFirst()
  return row?.proven ?? null
}

/** @returns false where it was over already. */
export async function endAttempt(tx: Queries, id: string, now: Date): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('identity.attempt')
    .set({ ended_at: now })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Ends what a person has under way: what it was judged by has changed. @param except the one that changed it. */
export async function endAttemptsOf(
  tx: Queries,
  personId: string,
  now: Date,
  except: string | null = null,
): Promise<void> {
  await tables(tx)
    .updateTable('identity.attempt')
    .set({ ended_at: now })
    .where('person_id', '=', personId)
    .where('ended_at', 'is', null)
    .$if(except !== null, (query) => query.where('id', '<>', except as string))
    .execute()
}

/** Removes up to `limit` attempts that expired before `before`. @returns how many. */
export async function deleteOldAttempts(queries: Queries, before: Date, limit: number): Promise<number> {
  return await deleteBatch(queries, 'identity.attempt', sql`expires_at < ${before}`, limit)
}
