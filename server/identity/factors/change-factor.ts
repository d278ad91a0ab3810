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
 * Takes a factor away, in a session that was confirmed lately.
 *
 * @throws Refusal IDENTITY_FACTOR_UNKNOWN; IDENTITY_FACTOR_NEEDED where a second factor is demanded and this is the last.
 */
export async function removeFactor(parts: Parts, principal: UserPrincipal, id: string): Promise<void> {
  const { database, recorder } = parts.context
  const { person, factor } = await find(parts, principal, id)
  const { policy } = await readPolicy(database.queries, principal.organisationId)
  const demand = demandOn(policy, principal.roles)
  await database.transaction(async (tx) => {
    // One at a time: two removals at once would each leave the other's.
    await lockPerson(tx, person.id)
    if (demand !== 'optional' && (await isLast(parts, person, id, demand === 'phishing-resistant')))
      throw refuse('IDENTITY_FACTOR_NEEDED')
    if (!((await factor.remove?.(parts, tx, person, id)) ?? false)) throw refuse('IDENTITY_FACTOR_UNKNOWN')
    const about = {
      organisationId: principal.organisationId,
      actor: { kind: 'user', id: person.id } as const,
      subjectId: person.id,
    }
    await recorder.record(tx, event('factor.removed', { ...about, data: { factor: factor.kind, id } }))
    await notify(parts, tx, person, 'factor-removed', { factor: factor.kind })
  })
}

async function isLast(parts: Parts, person: PersonRow, id: string, passkeysOnly: boolean): Promise<boolean> {
  const counted = factors.filter(({ kind }) => kind === 'passkey' || (kind === 'totp' && !passkeysOnly))
  const items = (await Promise.all(counted.map((factor) => factor.list(parts, person)))).flat()
  return items.length === 1 && items[0]?.id === id
}

async function find(
  parts: Parts,
  principal: UserPrincipal,
  id: string,
): Promise<{ person: PersonRow; factor: Factor }> {
  const person = await readPerson(parts.context.database.queries, principal.id)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  for (const factor of factors)
    if ((await factor.list(parts, person)).some((item) => item.id === id)) return { person, factor }
  throw refuse('IDENTITY_FACTOR_UNKNOWN')
}
