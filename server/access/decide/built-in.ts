import { RecentMap } from '../../platform/recent-map.ts'
import type { RoleTable } from '../grants/grants.ts'
import type { PolicySetJson } from '../policies/api.ts'
import { entityTypeOf } from '../policies/schema.ts'
import type { ResourceTypes } from '../relations/model.ts'

const anybody = { op: 'All' } as const
const actions = (permissions: readonly string[]) => ({
  op: 'in',
  entities: permissions.map((id) => ({ type: 'Custodia::Action', id })),
})
const attribute = (of: 'principal' | 'resource', attr: string) => ({ '.': { left: { Var: of }, attr } })

/** Nobody acts outside their organisation, whatever anybody grants. */
export const boundary = 'organisation-boundary'
/** What reaches the whole installation is for nobody but those of the organisation that operates it, whatever anybody grants. */
export const reach = 'installation-reach'

const maxTables = 200

/**
 * The policies that are always there: one for each role, one for each relation that gives something, the boundary, and where the organisation
 * does not operate the installation, the reach. Never one for an assignment or a share, of which there are many. For the same roles it is the same object, by which what was compiled is found.
 */
export function builtInOf(types: ResourceTypes): (table: RoleTable) => PolicySetJson {
  const made = new RecentMap<PolicySetJson>(maxTables)
  return (table) => {
    const known = made.get(table.version)
    if (known !== undefined) return known
    const policies = builtInPolicies(table, types)
    made.set(table.version, policies)
    return policies
  }
}

function builtInPolicies(table: RoleTable, types: ResourceTypes): PolicySetJson {
  const policies: Record<string, unknown> = {}
  for (const { name, ownPermissions } of table.roles.values()) {
    // What it includes has policies of its own: whoever is in a role is in those as well.
    if (ownPermissions.length === 0) continue
    policies[`role/${name}`] = {
      effect: 'permit',
      principal: { op: 'in', entity: { type: 'Custodia::Role', id: name } },
      action: actions(ownPermissions),
      resource: anybody,
      conditions: [],
    }
  }
  for (const type of types.values()) {
    for (const { name, permissions } of type.relations.values()) {
      if (permissions.length === 0) continue
      policies[`relation/${type.name}/${name}`] = {
        effect: 'permit',
        principal: anybody,
        action: actions(permissions),
        resource: { op: 'is', entity_type: entityTypeOf(type.name) },
        conditions: [
          { kind: 'when', body: { in: { left: { Var: 'principal' }, right: attribute('resource', name) } } },
        ],
      }
    }
  }
  if (table.withheld.length > 0)
    policies[reach] = {
      effect: 'forbid',
      principal: anybody,
      action: actions(table.withheld),
      resource: anybody,
      conditions: [],
    }
  policies[boundary] = {
    effect: 'forbid',
    principal: anybody,
    action: anybody,
    resource: anybody,
    conditions: [
      {
        kind: 'unless',
        body: { '==': { left: attribute('principal', 'organisation'), right: attribute('resource', 'organisation') } },
      },
    ],
  }
  return { staticPolicies: policies }
}
