import type { Challenge, FactorKind, Proof } from '@custodia/wire/http/factors.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { ProofContext } from '../factors/factor.ts'
import { factorOf } from '../factors/table.ts'
import type { Parts } from '../parts.ts'
import { devicesOf, isDeviceOf } from '../risk/device.ts'
import { advance } from './advance.ts'
import type { LiveAttempt } from './require-attempt.ts'
import { requireAttempt } from './require-attempt.ts'
import { countTry } from './store.ts'

const mostTries = 10

/** What the next proof needs first. @throws Refusal IDENTITY_FACTOR_NOT_ASKED, IDENTITY_ATTEMPT_OVER, IDENTITY_TOO_MANY_TRIES. */
export async function challengeFactor(parts: Parts, factor: FactorKind, head: RequestHead): Promise<Challenge> {
  const live = await requireAttempt(parts, head)
  requireAsked(live, factor)
  return (await factorOf(factor).challenge?.(parts, contextOf(live, head))) ?? { options: null, sentTo: null }
}

/**
 * Takes one more proof for a sign-in under way. Tries are counted before anything is looked at: by the attempt, and by person and
 * network, apart from those of passwords.
 *
 * @throws Refusal IDENTITY_FACTOR_WRONG, IDENTITY_FACTOR_NOT_ASKED, IDENTITY_ATTEMPT_OVER, IDENTITY_TOO_MANY_TRIES.
 */
export async function proveFactor(parts: Parts, proof: Proof, entrance: Entrance): Promise<Progressed> {
  const { head } = entrance
  const live = await requireAttempt(parts, head)
  requireAsked(live, proof.factor)
  const account = `factor:${live.person.id}`
  const known = isDeviceOf(await devicesOf(parts, head), live.person.id)
  await parts.guesses.spend(account, head.address, { kind: 'code', known })
  if (!(await countTry(parts.context.database.queries, live.attempt.id, mostTries)))
    throw refuse('IDENTITY_ATTEMPT_OVER')
  if (!(await factorOf(proof.factor).prove(parts, contextOf(live, head), proof))) {
    const { id, organisation_id: organisationId } = live.person
    parts.context.recorder.note(
      event('factor.refused', {
        organisationId,
        actor: { kind: 'anonymous' },
        subjectId: id,
        data: { factor: proof.factor, for: 'sign-in' },
        personal: { address: head.address },
      }),
    )
    throw refuse('IDENTITY_FACTOR_WRONG')
  }
  await parts.guesses.forgive(account, head.address)
  return await advance(parts, live, proof.factor, entrance)
}

function requireAsked({ decision }: LiveAttempt, factor: FactorKind): void {
  if (decision.kind !== 'prove' || !decision.ways.some((way) => way.factor === factor))
    throw refuse('IDENTITY_FACTOR_NOT_ASKED')
}

const contextOf = ({ attempt, person, policy }: LiveAttempt, head: RequestHead): ProofContext => ({
  person,
  flow: { kind: 'attempt', id: attempt.id },
  head,
  policy,
})
