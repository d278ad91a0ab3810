import { sql } from 'kysely'
import type { Queries } from '../database/database.ts'

/** Proof of a claim: the end of the lease exactly as the database wrote it, which the next claim changes. */
export type Lease = { readonly name: string; readonly until: string }

/** Says that the jobs exist; those that are known already keep their times. */
export async function registerJobs(queries: Queries, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await sql`insert into platform.job (name) select unnest(${[...names]}::text[]) on conflict (name) do nothing`.execute(
    queries,
  )
}

/** Of many who ask at once exactly one gets the lease, if the job is due at all; the others get null at once. */
export async function claimJob(queries: Queries, name: string, leaseSeconds: number): Promise<Lease | null> {
  // clock_timestamp(), not now(): the due time is compared with the moment of the comparison, lock waits included.
  const { rows } = await sql<{ until: string }>`
    update platform.job set next_run_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}), last_run_at = clock_timestamp()
    where name = (
      select name from platform.job where name = ${name} and next_run_at <= clock_timestamp() for update skip locked)
    returning next_run_at::text as until`.execute(queries)
  const until = rows[0]?.until
  return until === undefined ? null : { name, until }
}

/** Holds the job for longer. Null where the lease ran out and somebody else has taken it. */
export async function renewLease(queries: Queries, lease: Lease, leaseSeconds: number): Promise<Lease | null> {
  const { rows } = await sql<{ until: string }>`
    update platform.job set next_run_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
    where name = ${lease.name} and next_run_at = ${lease.until}::timestamptz
    returning next_run_at::text as until`.execute(queries)
  const until = rows[0]?.until
  return until === undefined ? null : { name: lease.name, until }
}

/**
 * Ends a lease after a run. A run that failed puts the next one off by 2, 4, 8 … 300 seconds, or by `everySeconds` where that
 * is more: the count of failures is everybody's.
 *
 * @param error what went wrong: a name and a code, never a message, which may quote what a person wrote. Null after success.
 */
export async function endLease(
  queries: Queries,
  lease: Lease,
  everySeconds: number,
  error: string | null,
): Promise<void> {
  const failures = error === null ? sql`0` : sql`least(failures + 1, 1000)`
  const pause =
    error === null
      ? sql`${everySeconds}::float8`
      : sql`greatest(${everySeconds}::float8, least(300, power(2, least(failures + 1, 10))))`
  await sql`
    update platform.job set next_run_at = clock_timestamp() + make_interval(secs => ${pause}), last_error = ${error},
      failures = ${failures}
    where name = ${lease.name} and next_run_at = ${lease.until}::timestamptz`.execute(queries)
}

/** Gives a lease back before its time: the job is due at once, for somebody else. */
export async function releaseLease(queries: Queries, lease: Lease): Promise<void> {
  await sql`
    update platform.job set next_run_at = clock_timestamp()
    where name = ${lease.name} and next_run_at = ${lease.until}::timestamptz`.execute(queries)
}

/** Seconds until the job may be claimed, by the database's clock; 0 where it may be now. */
export async function dueInSeconds(queries: Queries, name: string): Promise<number> {
  const { rows } = await sql<{ seconds: number }>`
    select greatest(0, extract(epoch from next_run_at - clock_timestamp()))::float8 as seconds
    from platform.job where name = ${name}`.execute(queries)
  return rows[0]?.seconds ?? 0
}
