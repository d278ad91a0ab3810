import type { SubjectData } from '../platform/module.ts'
import type { Parts } from './parts.ts'
import { showUser } from './show-user.ts'
import { deletePerson, readMember } from './store.ts'

/** What this module knows about a person: who they are. Erasing takes the row, its blind index with it, and the roles. */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, id) {
      const row = await readMember(parts.context.database.queries, organisationId, id)
      if (row === null) return {}
      return { person: await showUser(parts, row, await parts.access.rolesOf(organisationId, id)) }
    },
    async erase(tx, organisationId, id) {
      const actor = { kind: 'system' } as const
      await parts.access.setRoles(tx, { organisationId, subjectId: id, roles: [], by: null, actor })
      if (await deletePerson(tx, organisationId, id)) parts.people.changed(tx, id)
    },
  }
}
