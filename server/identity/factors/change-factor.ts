import type { Demand, FactorKind } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { demandOn, readPolicy } from '../policy/sign-in-policy.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson, readPerson } from '../store.ts'
import type { Factor } from './factor.ts'
import { factors } from './table.ts'

/** @throws Refusal IDENTITY_FACTOR_UNKNOWN */
export async function renameFactor(parts: Parts, principal: UserPrincipal, id: string, name: string): Promise<void> {
  const { person, factor } = await find(parts, principal, id)
  const renamed = await parts.context.database.transaction(
    async (tx) => (await factor.rename?.(parts, tx, person, id, name)) ?? false,
  )
  if (!renamed) throw refuse('IDENTITY_FACTOR_UNKNOWN')
}

/**
 * Takes one of one's own factors away, in a session that was confirmed lately.
 *
 * @throws Refusal IDENTITY_FACTOR_UNKNOWN; IDENTITY_FACTOR_NEEDED where a second factor is demanded and this is the last.
 */
export async function removeFactor(parts: Parts, principal: UserPrincipal, id: string): Promise<void> {
  const { person } = await find(parts, principal, id)
  await takeFactor(parts, person, id, { actor: { kind: 'user', id: person.id }, roles: principal.roles })
}

export type Taking = {
  readonly actor: Actor
  /** Of the person: they may demand more. */
  readonly roles: readonly string[]
  /** True where the last may go, though one is demanded. */
  readonly evenLast?: boolean
  /** What else is to happen in the same transaction. */
  readonly also?: (tx: Queries) => Promise<unknown>
}

/**
 * Takes a factor of somebody away, and tells them.
 *
 * @throws Refusal as `removeFactor`.
 */
export async function takeFactor(parts: Parts, person: PersonRow, id: string, taking: Taking): Promise<void> {
  const { database, recorder } = parts.context
  const { id: subjectId, organisation_id: organisationId } = person
  const factor = await factorWith(parts, person, id)
  const { policy } = await readPolicy(database.queries, organisationId)
  const demand = demandOn(policy, taking.roles)
  const counted = countedKinds(demand, policy.smsCodes && parts.mail.textDeliverable)
  const needed = demand !== 'optional' && taking.evenLast !== true
  await database.transaction(async (tx) => {
    // One at a time: two removals at once would each leave the other's.
    await lockPerson(tx, subjectId)
    if (needed && (await isLast(parts, person, id, counted))) throw refuse('IDENTITY_FACTOR_NEEDED')
    if (!((await factor.remove?.(parts, tx, person, id)) ?? false)) throw refuse('IDENTITY_FACTOR_UNKNOWN')
    const about = { organisationId, actor: taking.actor, subjectId }
    await recorder.record(tx, event('factor.removed', { ...about, data: { factor: factor.kind, id } }))
    await notify(parts, tx, person, 'factor-removed', { factor: factor.kind })
    await taking.also?.(tx)
  })
}

/** What counts as a second factor where this is demanded. A phone does where it would be asked for once the others are gone. */
function countedKinds(demand: Demand, texts: boolean): readonly FactorKind[] {
  if (demand === 'phishing-resistant') return ['passkey']
  return texts ? ['passkey', 'totp', 'sms-code'] : ['passkey', 'totp']
}

async function isLast(parts: Parts, person: PersonRow, id: string, counted: readonly FactorKind[]): Promise<boolean> {
  const kinds = factors.filter(({ kind }) => counted.includes(kind))
  const items = (await Promise.all(kinds.map((factor) => factor.list(parts, person)))).flat()
  return items.length === 1 && items[0]?.id === id
}

async function find(
  parts: Parts,
  principal: UserPrincipal,
  id: string,
): Promise<{ person: PersonRow; factor: Factor }> {
  const person = await readPerson(parts.context.database.queries, principal.id)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  return { person, factor: await factorWith(parts, person, id) }
}

async function factorWith(parts: Parts, person: PersonRow, id: string): Promise<Factor> {
  for (const factor of factors) if ((await factor.list(parts, person)).some((item) => item.id === id)) return factor
  throw refuse('IDENTITY_FACTOR_UNKNOWN')
}
