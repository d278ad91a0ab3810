import { workSeconds } from '@custodia/edge/challenge/proof-of-work.ts'
import type { Parts } from '../parts.ts'
import type { Work } from './demand.ts'
import { aboutWork } from './demand.ts'

/** Takes a proof of work once. @returns false where it is not one of ours, for something else, too late, used already, or wrong. */
export async function redeem({ work, guesses }: Parts, about: Work, proof: string): Promise<boolean> {
  const burn = (nonce: string) => guesses.once(`identity.work:${nonce}`, workSeconds + 1)
  return (await work.redeem(aboutWork(about), proof, burn)) !== null
}
