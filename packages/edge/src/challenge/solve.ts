import type { Challenge } from 'altcha-lib'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'

/**
 * Works off a challenge, in this process's threads.
 *
 * @param patienceMs gives up after so long.
 * @returns the proof: base64 of `{ challenge, solution }`; null where it took too long.
 * @throws Error where it is no challenge that can be solved.
 */
export async function solveWork(challenge: Challenge, patienceMs = 60_000): Promise<string | null> {
  const solution = await solveChallenge({ challenge, deriveKey, timeout: patienceMs })
  return solution === null ? null : Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')
}
