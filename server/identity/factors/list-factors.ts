import type { EnrolledFactor, Factors } from '@custodia/wire/http/factors.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { judge } from '../policy/judge.ts'
import { demandOn } from '../policy/sign-in-policy.ts'
import type { PersonRow } from '../store.ts'
import { readPerson } from '../store.ts'
import { factors } from './table.ts'

/** What a person has enrolled, what they could, and what is demanded of them. */
export async function listFactors(parts: Parts, principal: UserPrincipal): Promise<Factors> {
  const person = await readPerson(parts.context.database.queries, principal.id)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  const items = await listEnrolled(parts, person)
  // As if signing in now with the password alone: that says whether something is still to be enrolled, and until when.
  // As if they had just used one of their codes: what is still missing then is what they have to enrol.
  const { decision, policy } = await judge(parts, person, ['password', 'recovery-code'], false)
  return {
    items,
    enrolable: [
      'passkey',
      'totp',
      ...(policy.smsCodes && parts.mail.textDeliverable ? (['sms-code'] as const) : []),
      'recovery-code',
    ],
    demand: demandOn(policy, principal.roles),
    enrolBefore: decision.kind === 'enough' ? (decision.enrolBefore?.toISOString() ?? null) : null,
  }
}

/** What a person has enrolled, of every kind, the strongest first. */
export async function listEnrolled(parts: Parts, person: PersonRow): Promise<EnrolledFactor[]> {
  return (await Promise.all(factors.map((factor) => factor.list(parts, person)))).flat()
}
