import { rateOf, remainingAt, spentUntil, waitOf } from '@custodia/edge/limits/cell-rate.ts'
import type { Budget } from './cache.ts'

/**
 * One step of the generic cell rate of packages/edge/src/limits. All times are whole microseconds. `redis-connection.ts` holds the same
 * steps in Lua.
 *
 * @param arrival when the budget would be whole again, as stored; 0 where nothing is stored.
 * @returns the answer, and what to store; null where nothing changes.
 */
export function spendCell(
  arrival: number,
  now: number,
  burst: number,
  perSeconds: number,
): { readonly budget: Budget; readonly arrival: number | null } {
  const rate = rateOf(burst, perSeconds)
  const next = spentUntil(arrival, now, rate, 1)
  const wait = waitOf(next, now, rate)
  if (wait > 0) return { budget: budgetOf(0, wait), arrival: null }
  return { budget: budgetOf(remainingAt(next, now, rate), 0), arrival: next }
}

/** Waits are rounded up: who waits that long is allowed. */
export function budgetOf(remaining: number, waitMicroseconds: number): Budget {
  return {
    allowed: waitMicroseconds === 0,
    remaining,
    retryAfterSeconds: Math.ceil(waitMicroseconds / 1_000_000),
  }
}
