import type { GrantsRoom } from '../grants/create-grants.ts'
import type { RoleTable } from '../grants/grants.ts'
import { readRightsOf } from '../grants/standing.ts'
import type { PolicyNeeds, PolicySetJson } from './api.ts'

/** What policies have to know of roles, from the room that keeps them. */
export function needsOfGrants(
  grants: GrantsRoom,
  builtIn: (table: RoleTable) => PolicySetJson,
  nowMs: () => number,
): PolicyNeeds {
  const { permissions } = grants.parts.configured
  return {
    async builtIn(organisationId) {
      return builtIn(await grants.roleTable(organisationId))
    },
    standingOf: (organisationId, subjectId) => grants.standingOf(organisationId, subjectId),
    async held(tx, principal) {
      const table = await grants.readTable(tx, principal.organisationId)
      const rights = await readRightsOf(tx, principal, { now: new Date(nowMs()), table })
      // A policy stands until somebody changes it: what its giver has for a time only, they can't give by one.
      const lasting = [...rights].filter(([, untilMs]) => untilMs === Number.POSITIVE_INFINITY)
      return new Set(lasting.map(([permission]) => permission))
    },
    async grantable(tx, organisationId) {
      const { withheld } = await grants.readTable(tx, organisationId)
      return [...permissions].filter((one) => !withheld.includes(one))
    },
    async privileged(tx, organisationId, permissions) {
      const { roles } = await grants.readTable(tx, organisationId)
      const marked = [...roles.values()].filter((role) => role.marked && role.permissions.length > 0)
      return marked.some((role) => role.permissions.every((permission) => permissions.has(permission)))
    },
    announce: (organisationId) => grants.announce(organisationId, null),
  }
}
