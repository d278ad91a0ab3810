import type { Queries } from '../../platform/database/database.ts'
import { assuranceOf, assurances } from '../../platform/http/assurance.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Compiled } from '../cedar/api.ts'
import { entitiesFromJson, entityFromJson, recordFromJson } from '../cedar/api.ts'
import { cedarAddress } from '../cedar-address.ts'
import { refuse } from '../errors.ts'
import type { PolicySetJson } from './api.ts'
import type { PolicyParts } from './parts.ts'
import { nowOf } from './parts.ts'
import { writtenId } from './policy-id.ts'
import { giftsOf } from './scope.ts'
import { readLive } from './store.ts'

const none: PolicySetJson = { staticPolicies: {} }

/** The policies that count, as the transaction sees them. */
export async function liveOf(tx: Queries, organisationId: string): Promise<PolicySetJson> {
  const live = await readLive(tx, organisationId, null)
  return live === null || typeof live === 'number' ? none : (JSON.parse(live.compiled) as PolicySetJson)
}

/**
 * Nobody gives by a policy what they do not have: neither by a permit that is new, nor by lifting a forbid.
 *
 * @returns what would be given.
 * @throws Refusal ACCESS_NOT_YOURS_TO_GIVE
 */
export async function requireHeld(
  parts: PolicyParts,
  tx: Queries,
  by: Principal,
  next: PolicySetJson,
  live: PolicySetJson,
): Promise<ReadonlySet<string>> {
  const gifts = giftsOf(next, live, await parts.needs.grantable(tx, by.organisationId))
  if (gifts.size === 0) return gifts
  const held = await parts.needs.held(tx, by)
  for (const permission of gifts)
    if (!held.has(permission)) throw refuse('ACCESS_NOT_YOURS_TO_GIVE', { permission: permission.slice(0, 100) })
  return gifts
}

/** Who changes policies by a version, and from where. */
export type Asker = { readonly principal: Principal; readonly address: string }

const entityTypes = {
  user: 'Custodia::User',
  application: 'Custodia::Application',
  service: 'Custodia::Service',
} as const

/**
 * Whoever makes a version live must be able to take it back: it must not forbid them just that.
 *
 * @throws Refusal ACCESS_POLICY_LOCKS_YOU_OUT with the policies that would.
 */
export async function requireWayBack(parts: PolicyParts, compiled: Compiled, asker: Asker): Promise<void> {
  const { principal, address } = asker
  const { organisationId, id } = principal
  const { roles, groups } = await parts.needs.standingOf(organisationId, id)
  const kind = principal.kind === 'key' ? principal.owner.kind : principal.kind
  const uid = { type: entityTypes[kind], id }
  const resource = { type: 'Custodia::Resource', id: organisationId }
  const factors = principal.kind === 'user' ? principal.factors : []
  const decision = compiled.decide(
    {
      principal: entityFromJson(uid),
      action: entityFromJson({ type: 'Custodia::Action', id: 'access:policies:activate' }),
      resource: entityFromJson(resource),
      context: recordFromJson({
        time: { __extn: { fn: 'datetime', arg: nowOf(parts).toISOString() } },
        network: { __extn: { fn: 'ip', arg: cedarAddress(address) } },
        assurance: assurances.indexOf(assuranceOf(factors)) + 1,
        factors: [...factors],
        risk: 0,
        api: principal.kind !== 'user',
      }),
    },
    entitiesFromJson([
      {
        uid,
        attrs: { organisation: organisationId, kind },
        parents: [
          ...new Set([...principal.roles, ...roles]).values().map((role) => ({ type: 'Custodia::Role', id: role })),
          ...groups.map((group) => ({ type: 'Custodia::Group', id: group })),
        ],
      },
      { uid: resource, attrs: { organisation: organisationId } },
    ]),
  )
  if (decision.decision === 'allow') return
  throw refuse('ACCESS_POLICY_LOCKS_YOU_OUT', { detail: decision.determining.map(writtenId).join(', ').slice(0, 500) })
}
