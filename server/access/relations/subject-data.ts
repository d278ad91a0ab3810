import type { SubjectData } from '../../platform/module.ts'
import type { Relations } from './api.ts'

/** With a person go the tuples that name them. */
export function withRelations(before: SubjectData, relations: Relations): SubjectData {
  return {
    export: (organisationId, subjectId) => before.export(organisationId, subjectId),
    async erase(tx, organisationId, subjectId) {
      await before.erase(tx, organisationId, subjectId)
      await relations.forget(tx, organisationId, { type: 'user', id: subjectId })
    },
  }
}
