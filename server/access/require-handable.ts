import type { Queries } from '../platform/database/database.ts'
import type { Principal } from '../platform/http/principal.ts'
import { whoOf } from './decide/of-principal.ts'
import { refuse } from './errors.ts'
import type { Grants } from './grants/grants.ts'
import type { GiftListener } from './grants/parts.ts'
import type { LiveSource } from './policies/api.ts'
import { actionsOf } from './policies/scope.ts'
import type { Relations } from './relations/api.ts'

type Needs = {
  readonly grants: Grants
  readonly relations: Relations
  readonly policies: LiveSource
  /** Every permission that counts in the organisation, as committed. */
  readonly permissionsOf: (tx: Queries, organisationId: string) => Promise<readonly string[]>
  /** What somebody may do in their organisation without end, as committed. */
  readonly held: (tx: Queries, principal: Principal) => Promise<ReadonlySet<string>>
  readonly nowMs: () => number
}

type PolicyJson = { readonly action: Parameters<typeof actionsOf>[0] }

/**
 * Roles and groups stand in relations and in policies, too. Whoever gives one, or puts somebody into one, gives what stands under its
 * name: all of that they must have themselves, and without end.
 *
 * A policy that names it anywhere, to permit something or to exempt from what it forbids, may give every permission that it is about.
 */
export function requireHandable({ grants, relations, policies, permissionsOf, held, nowMs }: Needs): GiftListener {
  return async (tx, { by, roles, groups }) => {
    const { organisationId } = by
    const own = await held(tx, by)
    const { kind, id } = whoOf(by)
    const giver = {
      subject: { type: kind, id },
      standing: await grants.standingOf(organisationId, id),
      circumstances: { nowMs: nowMs(), network: null, assurance: 1 },
      permissions: own,
    }
    const named = [
      ...roles.map((name) => ({ type: 'role', id: name, entity: { type: 'Custodia::Role', id: name } })),
      ...groups.map((name) => ({ type: 'group', id: name, entity: { type: 'Custodia::Group', id: name } })),
    ]
    for (const { type, id: name } of named) await relations.requireHandable(organisationId, giver, { type, id: name })
    const { staticPolicies } = (await policies.live(organisationId)).policies
    for (const policy of Object.values(staticPolicies)) {
      if (!named.some(({ entity }) => names(policy, entity))) continue
      const given = actionsOf((policy as PolicyJson).action) ?? (await permissionsOf(tx, organisationId))
      const lacking = given.find((one) => !own.has(one))
      if (lacking !== undefined) throw refuse('ACCESS_NOT_YOURS_TO_GIVE', { permission: lacking })
    }
  }
}

/** Whether the entity stands in the policy, wherever. */
function names(json: unknown, entity: { readonly type: string; readonly id: string }): boolean {
  if (typeof json !== 'object' || json === null) return false
  const { type, id } = json as { type?: unknown; id?: unknown }
  return (type === entity.type && id === entity.id) || Object.values(json).some((one) => names(one, entity))
}
