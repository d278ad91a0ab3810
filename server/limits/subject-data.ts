import type { SubjectData } from '../platform/module.ts'
import type { Parts } from './parts.ts'
import { showEntry, showOne } from './show.ts'
import { deleteOfAccount, readOfAccount } from './store.ts'

/** What this module knows about a person: that they were limited within the hour, and entries about them. */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, subjectId) {
      await parts.limited.flush()
      const { entries, limited } = await readOfAccount(parts.context.database.queries, organisationId, subjectId)
      return { limitEntries: entries.map(showEntry), limited: limited.map(showOne) }
    },
    erase: (tx, organisationId, subjectId) => deleteOfAccount(tx, organisationId, subjectId),
  }
}
