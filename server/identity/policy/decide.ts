import type { Demand, FactorKind, Way } from '@custodia/wire/http/factors.ts'
import type { Strength } from '../factors/factor.ts'

/** Everything that the decision looks at, and nothing else. */
export type Standing = {
  readonly demand: Demand
  /** True where this sign-in looked unlike the person's others: one factor is not enough then. */
  readonly raised: boolean
  /** Until when somebody may go on without what is demanded. Null where there was never such a time. */
  readonly graceUntil: Date | null
  readonly now: Date
  readonly proven: readonly { readonly kind: FactorKind; readonly strength: Strength }[]
  /** What the person could prove beyond that. */
  readonly ways: readonly (Way & { readonly strength: Strength })[]
  /** True where a passkey, an authenticator app or a phone that codes go to is enrolled, proven already or not. */
  readonly enrolled: boolean
  readonly hasPasskey: boolean
  /** True where a code by mail is offered because of `raised` alone: it says that it is them, and is not what is demanded. */
  readonly mailLent: boolean
}

export type Decision =
  | {
      readonly kind: 'enough'
      readonly enrolBefore: Date | null
      /** True where the sign-in looked unlike the person's others, and there was nothing more that they could have been asked for. */
      readonly unprovable: boolean
    }
  | { readonly kind: 'prove'; readonly ways: readonly Way[] }
  | { readonly kind: 'enrol'; readonly enrolable: readonly FactorKind[] }

/**
 * Whether what was proven is enough. The only place that decides it, after every way in: password, passkey, recovery, federation.
 *
 * Who has enrolled a second factor is always asked for it; who has not is asked to enrol one where it is demanded, at the latest
 * when the grace period is over. Recovery codes alone are no such factor: they are asked for, and then one must be enrolled.
 */
export function decide(standing: Standing): Decision {
  const { demand, proven, hasPasskey, raised, enrolled } = standing
  const has = (...strengths: Strength[]) => proven.some(({ strength }) => strengths.includes(strength))
  if (has('phishing-resistant')) return enough

  // Whatever was proven beside it, a password is the first of two: a code alone is never a way in.
  if (!has('knowledge')) return ask(standing.ways.filter(({ strength }) => strength === 'knowledge'))

  const two = has('possession', 'restricted', 'recovery')
  const strict = demand === 'phishing-resistant'
  if (!two || (strict && hasPasskey && !has('recovery'))) {
    const seconds = standing.ways.filter(({ strength }) => strength !== 'knowledge')
    const asked =
      strict && hasPasskey
        ? seconds.filter(({ strength }) => strength !== 'possession' && strength !== 'restricted')
        : seconds
    const needed = demand !== 'optional' || enrolled || raised
    // Recovery codes alone are what is left of factors that are gone, and still ask to be used.
    if (needed && asked.length > 0) return ask(asked)
    const unprovable = raised && !two
    if (demand === 'optional') return { ...enough, unprovable }
    return later(standing, strict ? ['passkey'] : ['passkey', 'totp'], unprovable)
  }
  if (strict) return hasPasskey ? enough : later(standing, ['passkey'])
  return demand === 'optional' || enrolled || lasts(standing) ? enough : later(standing, ['passkey', 'totp'])
}

/** Nothing more is asked. */
export const enough = { kind: 'enough', enrolBefore: null, unprovable: false } as const satisfies Decision

/** Whether what was proven beside the password is there the next time, too: recovery codes are used up. */
const lasts = ({ proven, mailLent }: Standing): boolean =>
  proven.some(
    ({ kind, strength }) =>
      strength === 'possession' || (strength === 'restricted' && !(mailLent && kind === 'mail-code')),
  )

const ask = (ways: readonly Way[]): Decision => ({
  kind: 'prove',
  ways: ways.map(({ factor, hint }) => ({ factor, hint })),
})

function later({ graceUntil, now }: Standing, enrolable: readonly FactorKind[], unprovable = false): Decision {
  return graceUntil !== null && now < graceUntil
    ? { kind: 'enough', enrolBefore: graceUntil, unprovable }
    : { kind: 'enrol', enrolable }
}
