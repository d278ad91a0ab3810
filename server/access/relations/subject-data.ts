import type { SubjectData } from '../../platform/module.ts'
import type { Relations } from './api.ts'

/** What is shared with a person by their name: told with what is known of them, and gone with it. */
export function withRelations(before: SubjectData, relations: Relations): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const shares = await relations.naming(organisationId, { type: 'user', id: subjectId })
      return { ...(await before.export(organisationId, subjectId)), shares }
    },
    async erase(tx, organisationId, subjectId) {
      await before.erase(tx, organisationId, subjectId)
      await relations.forget(tx, organisationId, { type: 'user', id: subjectId })
    },
  }
}
