import type { Parts } from '../parts.ts'
import type { Work } from './demand.ts'
import { demand } from './demand.ts'
import { redeem } from './redeem.ts'

/**
 * Asks strangers to work for a try while an account, or the whole sign-in, is being guessed at. Nothing is asked in quiet times,
 * nor ever of a browser that the account knows.
 *
 * @param known as `knowsDevice` says.
 * @param proof what came with the request.
 * @returns true where work was proven: `guesses.spend` then takes it from another budget.
 * @throws Refusal IDENTITY_PROOF_OF_WORK with a new challenge, where there is none, or it does not hold.
 */
export async function requireWork(
  parts: Parts,
  work: Work,
  { address, known, proof }: { readonly address: string; readonly known: boolean; readonly proof: string | undefined },
): Promise<boolean> {
  if (known) return false
  if (proof !== undefined && (await redeem(parts, work, proof))) return true
  const { workAfterFailures, workAfterFailuresEverywhere } = parts.context.config
  const { account, everywhere } = await parts.guesses.failures(work.account, address)
  const pressure = Math.max(account / workAfterFailures, everywhere / workAfterFailuresEverywhere)
  if (pressure >= 1) throw demand(parts, work, pressure)
  return false
}
