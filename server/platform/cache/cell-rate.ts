import type { Budget } from './cache.ts'

/**
 * One step of a generic cell rate algorithm (ITU-T I.371 Annex A, virtual scheduling). All times are whole microseconds,
 * so that the last one of a burst is never lost to rounding. `redis-cache.ts` holds the same steps in Lua.
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
  const step = Math.floor((perSeconds * 1_000_000) / burst)
  const room = step * burst
  const next = Math.max(arrival, now) + step
  const wait = next - room - now
  if (wait > 0) return { budget: budgetOf(0, wait), arrival: null }
  return { budget: budgetOf(Math.floor((room - (next - now)) / step), 0), arrival: next }
}

/** Waits are rounded up: who waits that long is allowed. */
export function budgetOf(remaining: number, waitMicroseconds: number): Budget {
  return {
    allowed: waitMicroseconds === 0,
    remaining,
    retryAfterSeconds: Math.ceil(waitMicroseconds / 1_000_000),
  }
}
