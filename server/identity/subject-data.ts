import type { SubjectData } from '../platform/module.ts'
import { phonesOf } from './factors/phone.ts'
import { factors } from './factors/table.ts'
import type { Parts } from './parts.ts'
import { showHistory } from './risk/show-history.ts'
import { showUser } from './show-user.ts'
import { deletePerson, readMember } from './store.ts'

/**
 * What this module knows about a person: who they are, what they enrolled, and how they signed in so far. Erasing takes the row, its blind index
 * and all that hangs on it, and the roles.
 */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, id) {
      const row = await readMember(parts.context.database.queries, organisationId, id)
      if (row === null) return {}
      const enrolled = await Promise.all(factors.map((factor) => factor.list(parts, row)))
      return {
        person: await showUser(parts, row, await parts.access.rolesOf(organisationId, id)),
        factors: enrolled.flat(),
        history: await showHistory(parts, row),
        phones: await phonesOf(parts, parts.context.database.queries, row),
      }
    },
    async erase(tx, organisationId, id) {
      const actor = { kind: 'system' } as const
      await parts.access.setRoles(tx, { organisationId, subjectId: id, roles: [], by: null, actor })
      if (await deletePerson(tx, organisationId, id)) parts.people.changed(tx, id)
    },
  }
}
