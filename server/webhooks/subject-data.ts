import type { SubjectData } from '../platform/module.ts'
import { endpointsOf, forgetMaker } from './endpoints/store.ts'
import type { Parts } from './parts.ts'
import { forgetMakerOfSources, sourcesOf } from './sources/store.ts'

/**
 * What this module knows about a person: what they set up. Messages about them stand nowhere: they are made from the ledger, and hold nothing
 * of what was sealed once the person's key is gone.
 */
export function subjectData({ context }: Parts): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const { queries } = context.database
      return {
        endpoints: await endpointsOf(queries, organisationId, subjectId),
        sources: await sourcesOf(queries, organisationId, subjectId),
      }
    },
    async erase(tx, organisationId, subjectId) {
      await forgetMaker(tx, organisationId, subjectId)
      await forgetMakerOfSources(tx, organisationId, subjectId)
    },
  }
}
