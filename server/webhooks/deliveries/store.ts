import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import { deleteBatch } from '../../platform/database/delete-batch.ts'

export type DeliveryRow = {
  id: string
  endpoint_id: string
  organisation_id: string
  /** As text: PostgreSQL's bigint. */
  entry_index: string | null
  message_id: string
  type: string
  created_at: Date
  next_try_at: Date | null
  claimed_until: Date | null
  tries: number
  tries_before: number
  delivered_at: Date | null
  dead_at: Date | null
  dead_why: string | null
}

export type AttemptRow = {
  delivery_id: string
  number: number
  at: Date
  status: number | null
  outcome: string
  duration_ms: number
}

type Tables = {
  'webhooks.delivery': DeliveryRow
  'webhooks.attempt': AttemptRow
  'webhooks.cursor': { one: boolean; next_index: string }
}
const tables = (queries: Queries) => queries.withTables<Tables>()

/** Whoever has it moves it; others wait until the transaction ends. */
export async function lockCursor(tx: Queries): Promise<number> {
  const row = await tables(tx).selectFrom('webhooks.cursor').select('next_index').forUpdate().executeTakeFirstOrThrow()
  return Number(row.next_index)
}

export async function moveCursor(tx: Queries, next: number): Promise<void> {
  await tables(tx)
    .updateTable('webhooks.cursor')
    .set({ next_index: String(next) })
    .execute()
}

/** A statement has 65,535 parameters at most. */
const rowsAtOnce = 1_000

/** Those that are there already are passed over. */
export async function insertDeliveries(tx: Queries, rows: readonly DeliveryRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await tables(tx)
      .insertInto('webhooks.delivery')
      .values(rows.slice(from, from + rowsAtOnce))
      .onConflict((conflict) => conflict.columns(['endpoint_id', 'entry_index']).doNothing())
      .execute()
}

/**
 * Takes the delivery that is due first, or the one named, for as long as `until`: of endpoints that are on, do not rest, and have room. One
 * try is counted at once, so that a message which ends its process is not tried for ever.
 *
 * @param atOnce how many one endpoint may have under way; one where its last `wary` tries failed.
 */
export async function claimDue(
  queries: Queries,
  { now, until, atOnce, wary }: { now: Date; until: Date; atOnce: number; wary: number },
): Promise<DeliveryRow | null> {
  // One of each endpoint, and of those the oldest: many that wait for one receiver do not stand before the others.
  const { rows } = await sql<DeliveryRow>`update webhooks.delivery
    set tries = tries + 1, next_try_at = ${until}, claimed_until = ${until}
    where id = (
      select first.id from webhooks.endpoint e cross join lateral (
        select id, next_try_at from webhooks.delivery
        where endpoint_id = e.id and next_try_at <= ${now} order by next_try_at limit 1 for update skip locked) as first
      where e.disabled_at is null and (e.open_until is null or e.open_until <= ${now})
        and (select count(*) from webhooks.delivery under where under.endpoint_id = e.id and under.claimed_until > ${now})
          < case when e.failures >= ${wary} then 1 else ${atOnce} end
      order by first.next_try_at limit 1)
    returning *`.execute(queries)
  return rows[0] ?? null
}

type Claim = Pick<DeliveryRow, 'id' | 'tries'>
export type Outcome =
  | { readonly deliveredAt: Date }
  | { readonly nextTryAt: Date }
  | { readonly deadAt: Date; readonly why: string }
  /** As if it had never been claimed. */
  | { readonly givenBackAt: Date }

/** Ends the claim by what became of it. @returns false where it was lost: another claim began, or the delivery is gone. */
export async function settle(tx: Queries, { id, tries }: Claim, outcome: Outcome): Promise<boolean> {
  const none = { next_try_at: null, claimed_until: null }
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.delivery')
    .set(
      'nextTryAt' in outcome
        ? { next_try_at: outcome.nextTryAt, claimed_until: null }
        : 'givenBackAt' in outcome
          ? { next_try_at: outcome.givenBackAt, claimed_until: null, tries: tries - 1 }
          : 'deliveredAt' in outcome
            ? { ...none, delivered_at: outcome.deliveredAt }
            : { ...none, dead_at: outcome.deadAt, dead_why: outcome.why },
    )
    .where('id', '=', id)
    .where('tries', '=', tries)
    .where('next_try_at', 'is not', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function insertAttempt(tx: Queries, row: AttemptRow): Promise<void> {
  await tables(tx)
    .insertInto('webhooks.attempt')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** All that waits for an endpoint is given up. @returns how many. */
export async function giveUpWaiting(tx: Queries, endpointId: string, now: Date, why: string): Promise<number> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.delivery')
    .set({ next_try_at: null, claimed_until: null, dead_at: now, dead_why: why })
    .where('endpoint_id', '=', endpointId)
    .where('next_try_at', 'is not', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Sends what was settled once more, with all its tries. @returns false where it waits, or is gone. */
export async function wakeOne(tx: Queries, organisationId: string, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.delivery')
    .set({ ...awake(now) })
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .where('next_try_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Of an endpoint's dead letters the oldest, at most `limit`. @returns how many. */
export async function wakeDead(tx: Queries, endpointId: string, now: Date, limit: number): Promise<number> {
  const { numUpdatedRows } = await tables(tx)
    .updateTable('webhooks.delivery')
    .set({ ...awake(now) })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('webhooks.delivery')
        .select('id')
        .where('endpoint_id', '=', endpointId)
        .where('dead_at', 'is not', null)
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .where('next_try_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

const awake = (now: Date) => ({
  next_try_at: now,
  claimed_until: null,
  delivered_at: null,
  dead_at: null,
  dead_why: null,
  tries_before: sql<number>`tries`,
})

export async function readDelivery(queries: Queries, organisationId: string, id: string): Promise<DeliveryRow | null> {
  const row = await tables(queries)
    .selectFrom('webhooks.delivery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** The newest attempts of a delivery, oldest first, at most 100. */
export async function readAttempts(queries: Queries, deliveryId: string): Promise<AttemptRow[]> {
  const rows = await tables(queries)
    .selectFrom('webhooks.attempt')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('number', 'desc')
    .limit(100)
    .execute()
  return rows.reverse()
}

export type Which = {
  readonly organisationId: string
  readonly endpointId?: string | undefined
  readonly state?: 'waiting' | 'delivered' | 'dead' | undefined
  readonly before?: { readonly createdAt: Date; readonly id: string } | undefined
}

/** The newest first. */
export async function listDeliveries(queries: Queries, which: Which, limit: number): Promise<DeliveryRow[]> {
  const { organisationId, endpointId, state, before } = which
  const stateColumn = { waiting: 'next_try_at', delivered: 'delivered_at', dead: 'dead_at' } as const
  return await tables(queries)
    .selectFrom('webhooks.delivery')
    .selectAll()
    .where('organisation_id', '=', organisationId)
    .$if(endpointId !== undefined, (query) => query.where('endpoint_id', '=', endpointId as string))
    .$if(state !== undefined, (query) => query.where(stateColumn[state as 'dead'], 'is not', null))
    .$if(before !== undefined, (query) =>
      query.where(sql<boolean>`(created_at, id) < (${before?.createdAt}, ${before?.id})`),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** What waits and what is dead, by endpoint, each counted up to 10,000. */
export async function countStates(
  queries: Queries,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, { readonly waiting: number; readonly dead: number }>> {
  const { rows } = await sql<{ id: string; waiting: string; dead: string }>`select wanted.id,
      (select count(*) from (select 1 from webhooks.delivery
        where endpoint_id = wanted.id and next_try_at is not null limit 10000) as counted) as waiting,
      (select count(*) from (select 1 from webhooks.delivery
        where endpoint_id = wanted.id and dead_at is not null limit 10000) as counted) as dead
    from unnest(${endpointIds}::text[]) as wanted (id)`.execute(queries)
  return new Map(rows.map(({ id, waiting, dead }) => [id, { waiting: Number(waiting), dead: Number(dead) }]))
}

/** Endpoints that are on and for which more than `most` wait. */
export async function listOverflowing(
  queries: Queries,
  most: number,
): Promise<{ id: string; organisation_id: string }[]> {
  const { rows } = await sql<{ id: string; organisation_id: string }>`select e.id, e.organisation_id
    from webhooks.endpoint e where e.disabled_at is null and exists (
      select 1 from webhooks.delivery where endpoint_id = e.id and next_try_at is not null offset ${most} limit 1)`.execute(
    queries,
  )
  return rows
}

/** Removes up to `limit` deliveries that were settled before then, with their attempts. @returns how many. */
export async function deleteSettled(queries: Queries, before: Date, limit: number): Promise<number> {
  const old = sql`next_try_at is null and coalesce(delivered_at, dead_at) < ${before}`
  return await deleteBatch(queries, 'webhooks.delivery', old, limit)
}
