import type { FactorKind } from '@custodia/wire/http/factors.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { completeSignIn } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { judge } from '../policy/judge.ts'
import { lockPerson } from '../store.ts'
import type { LiveAttempt } from './require-attempt.ts'
import { addProven } from './store.ts'

/**
 * Writes down that a sign-in under way has proven one factor more (or enrolled it, which proves it), and finishes it where that is
 * enough.
 *
 * @throws Refusal IDENTITY_ATTEMPT_OVER where it ended in between.
 */
export async function advance(
  parts: Parts,
  { attempt, person }: LiveAttempt,
  kind: FactorKind,
  entrance: Entrance,
): Promise<Progressed> {
  const factors = attempt.proven.includes(kind) ? attempt.proven : [...attempt.proven, kind]
  const { decision } = await judge(parts, person, factors, attempt.raised)
  return await parts.context.database.transaction(async (tx) => {
    // The person before the attempt, as everywhere: who disables them or changes their password has the row, and ends this one.
    await lockPerson(tx, person.id)
    const proven = await addProven(tx, attempt.id, kind, nowOf(parts))
    // Two proofs at once: the later one is judged anew, by whoever asks next.
    if (proven === null) throw refuse('IDENTITY_ATTEMPT_OVER')
    return await completeSignIn(parts, tx, person, { factors, decision, attempt, raised: attempt.raised }, entrance)
  })
}
