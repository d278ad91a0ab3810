import type { Challenge } from 'altcha-lib'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/web/pbkdf2'
import { Problem } from '../api/problem.ts'

/** Longer than the hardest challenge takes an old telephone; a challenge lives for five minutes. */
const patienceMs = 120_000

/**
 * Works off what an account that is being guessed at, or a route under attack, asks of strangers.
 *
 * @param challenge ALTCHA's, as JSON, from the refusal IDENTITY_PROOF_OF_WORK or PROOF_OF_WORK_REQUIRED.
 * @returns the proof: base64 of `{ challenge, solution }`.
 * @throws Problem where this browser did not find it in time.
 */
export async function proveWork(challenge: string): Promise<string> {
  const asked = JSON.parse(challenge) as Challenge
  const solution = await solveChallenge({ challenge: asked, deriveKey, timeout: patienceMs })
  if (solution === null)
    throw new Problem({
      status: 0,
      code: 'WORK_UNFINISHED',
      title: 'Your browser did not finish its part in time.',
      help: 'There is an attack, so strangers have to work for what they ask. Try again in a few minutes.',
    })
  return btoa(JSON.stringify({ challenge: asked, solution }))
}
