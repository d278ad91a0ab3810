import type { FactorKind, SignInPolicy } from '@custodia/wire/http/factors.ts'
import { factorOf, factors } from '../factors/table.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readRecoveredAt } from '../recovery/store.ts'
import type { PersonRow } from '../store.ts'
import type { Decision, Standing } from './decide.ts'
import { decide } from './decide.ts'
import { defaultPolicy, demandOn, readPolicy } from './sign-in-policy.ts'

export type Judgement = { readonly decision: Decision; readonly policy: SignInPolicy }

const dayMs = 86_400_000

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
  const [{ policy: said, changedAt }, roles, passkeys, apps] = await Promise.all([
    readPolicy(parts.context.database.queries, organisationId),
    parts.access.rolesOf(organisationId, id),
    // Neither depends on the policy, nor is either offered to who has none.
    ...(['passkey', 'totp'] as const).map((kind) => factorOf(kind).way(parts, person, defaultPolicy)),
  ])
  const better = passkeys !== null || apps !== null
  const phones = better || !said.smsCodes ? null : await factorOf('sms-code').way(parts, person, said)
  const enrolled = better || phones !== null
  // Who is asked for a second factor and has none can still be reached by mail.
  const mailLent = raised && !enrolled && !said.mailCodes
  const policy = mailLent ? { ...said, mailCodes: true } : said
  const demand = demandOn(policy, roles)
  // A password is enough for somebody of whom nothing more is asked: what else they could prove is not looked up then.
  const settled = demand === 'optional' && !enrolled && !raised && proven.includes('password')
  const ways = settled ? [] : (await waysOf(parts, person, policy)).filter(({ factor }) => !proven.includes(factor))
  const start = changedAt !== null && changedAt > createdAt ? changedAt : createdAt
  const decision = decide({
    demand,
    raised,
    graceUntil: settled
      ? null
      : await graceUntil(parts, person, policy, { start, needed: demand !== 'optional' && !enrolled }),
    now: nowOf(parts),
    proven: proven.map((kind) => ({ kind, strength: factorOf(kind).strength })),
    ways,
    enrolled,
    hasPasskey: passkeys !== null,
    mailLent,
  })
  return { decision, policy }
}

/**
 * Until when somebody may go on without what is demanded. Whose factors two administrators took away has no such time: they enrol
 * anew at once, or whoever got at the link would be in by their mailbox alone.
 */
async function graceUntil(
  parts: Parts,
  { id }: PersonRow,
  { graceDays }: SignInPolicy,
  { start, needed }: { readonly start: Date; readonly needed: boolean },
): Promise<Date | null> {
  const until = new Date(start.getTime() + graceDays * dayMs)
  if (graceDays === 0 || until <= nowOf(parts)) return null
  const recoveredAt = needed ? await readRecoveredAt(parts.context.database.queries, id) : null
  return recoveredAt !== null && recoveredAt >= start ? null : until
}

/** What a person can prove now, each with its strength; the strongest first. */
export async function waysOf(parts: Parts, person: PersonRow, policy: SignInPolicy): Promise<Standing['ways']> {
  const hints = await Promise.all(factors.map((factor) => factor.way(parts, person, policy)))
  return factors.flatMap(({ kind, strength }, at) => {
    const hint = hints[at] as string | null
    return hint === null ? [] : [{ factor: kind, hint: hint === '' ? null : hint, strength }]
  })
}
