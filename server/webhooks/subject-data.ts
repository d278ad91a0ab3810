import type { SubjectData } from '../platform/module.ts'
import { forgetMaker, madeBy } from './maker-store.ts'
import type { Parts } from './parts.ts'

/**
 * What this module knows about a person: what they set up. Messages about them stand nowhere: they are made from the ledger, and hold nothing
 * of what was sealed once the person's key is gone.
 */
export function subjectData({ context }: Parts): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const made = (kind: 'endpoint' | 'source') => madeBy(context.database.queries, kind, organisationId, subjectId)
      return { endpoints: await made('endpoint'), sources: await made('source') }
    },
    async erase(tx, organisationId, subjectId) {
      await forgetMaker(tx, 'endpoint', organisationId, subjectId)
      await forgetMaker(tx, 'source', organisationId, subjectId)
    },
  }
}
