import type { Challenge } from 'altcha-lib'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'

/**
 * Works off a challenge, in this process's threads.
 *
 * @param patienceMs gives up after so long.
 * @param stop gives up at once.
 * @returns the proof: base64 of `{ challenge, solution }`; null where it gave up.
 * @throws Error where it is no challenge that can be solved.
 */
export async function solveWork(challenge: Challenge, patienceMs = 60_000, stop?: AbortSignal): Promise<string | null> {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (stop?.aborted) abort()
  stop?.addEventListener('abort', abort)
  // The library takes 0 for ever.
  const solution = await solveChallenge({ challenge, controller, deriveKey, timeout: Math.max(1, patienceMs) }).finally(
    () => stop?.removeEventListener('abort', abort),
  )
  return solution === null ? null : Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')
}
