import type { FactorKind, SignInPolicy } from '@custodia/wire/http/factors.ts'
import { factorOf, factors } from '../factors/table.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import type { Decision } from './decide.ts'
import { decide } from './decide.ts'
import { demandOn, readPolicy } from './sign-in-policy.ts'

export type Judgement = { readonly decision: Decision; readonly policy: SignInPolicy }

const dayMs = 86_400_000

/** Nothing more is asked: a new organisation has demanded nothing yet. */
export const enough: Decision = { kind: 'enough', enrolBefore: null }

/**
 * Holds what was proven against what the organisation demands of this person. Reads by itself, so it is called before a transaction
 * is opened and not within one.
 */
export async function judge(
  parts: Parts,
  person: PersonRow,
  proven: readonly FactorKind[],
  raised: boolean,
): Promise<Judgement> {
  const { organisation_id: organisationId, id, created_at: createdAt } = person
  const [{ policy: said, changedAt }, roles, ...listed] = await Promise.all([
    readPolicy(parts.context.database.queries, organisationId),
    parts.access.rolesOf(organisationId, id),
    ...(['passkey', 'totp'] as const).map((kind) => factorOf(kind).list(parts, person)),
  ])
  const enrolled = listed.some((items) => items.length > 0)
  // Who is asked for a second factor and has none can still be reached by mail.
  const policy = raised && !enrolled ? { ...said, mailCodes: true } : said
  const demand = demandOn(policy, roles)
  // A password is enough for somebody of whom nothing more is asked: what else they could prove is not looked up then.
  const settled = demand === 'optional' && !enrolled && !raised && proven.includes('password')
  const hints = await Promise.all(factors.map((factor) => (settled ? null : factor.way(parts, person, policy))))
  const ways = factors.flatMap(({ kind, strength }, at) => {
    const hint = hints[at] as string | null
    return hint === null || proven.includes(kind) ? [] : [{ factor: kind, hint: hint === '' ? null : hint, strength }]
  })
  const startMs = Math.max(changedAt?.getTime() ?? 0, createdAt.getTime())
  const decision = decide({
    demand,
    raised,
    graceUntil: policy.graceDays === 0 ? null : new Date(startMs + policy.graceDays * dayMs),
    now: nowOf(parts),
    proven: proven.map((kind) => ({ kind, strength: factorOf(kind).strength })),
    ways,
    enrolled,
    hasPasskey: (listed[0]?.length ?? 0) > 0,
  })
  return { decision, policy }
}
