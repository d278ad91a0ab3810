import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { lockOrganisation } from '../store.ts'
import { readPolicy, writePolicy } from './sign-in-policy.ts'

/**
 * Changes what an organisation demands of a sign-in. It holds from the next sign-in on, in every process.
 *
 * @param change makes the next policy of the one that stands; it must be of the shape of `SignInPolicy`.
 * @throws Refusal IDENTITY_ROLE_UNKNOWN
 */
export async function changePolicy(
  parts: Parts,
  change: (stands: SignInPolicy) => SignInPolicy,
  by: Asking,
): Promise<SignInPolicy> {
  const { database, recorder } = parts.context
  const { organisationId } = by
  const { roles: known } = await parts.access.roleTable(organisationId)
  return await database.transaction(async (tx) => {
    // One at a time: of two who change one setting each, neither undoes the other's.
    await lockOrganisation(tx, organisationId)
    const policy = change((await readPolicy(tx, organisationId)).policy)
    const unknown = Object.keys(policy.roles).find((role) => !known.has(role))
    if (unknown !== undefined) throw refuse('IDENTITY_ROLE_UNKNOWN', { field: `body.roles.${unknown}` })
    await writePolicy(tx, organisationId, policy, nowOf(parts))
    const data = { secondFactor: policy.secondFactor, policy: JSON.stringify(policy) }
    await recorder.record(tx, event('policy.changed', { organisationId, actor: actorFor(by), data }))
    return policy
  })
}
