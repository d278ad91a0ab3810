import type { Database } from '../../platform/database/database.ts'
import type { SubjectData } from '../../platform/module.ts'
import { deleteDecisionsOf, findDecisions } from './store.ts'

/** As many as one person is told of: the newest. */
const max = 10_000

/** Adds the decisions about somebody to what is known of them: told with it, and gone with it. */
export function withDecisions(others: SubjectData, database: Database): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const rows = await findDecisions(database.queries, organisationId, { principalId: subjectId }, max)
      return {
        ...(await others.export(organisationId, subjectId)),
        decisions: rows.map(({ at, action, resource_type: type, resource_id: id, decision, reason, network }) => ({
          at: at.toISOString(),
          action,
          resource: type === null ? null : { type, id },
          decision,
          reason,
          network,
        })),
      }
    },
    async erase(tx, organisationId, subjectId) {
      await others.erase(tx, organisationId, subjectId)
      await deleteDecisionsOf(tx, organisationId, subjectId)
    },
  }
}
