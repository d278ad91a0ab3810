import type { SubjectData } from '../platform/module.ts'
import type { Parts } from './parts.ts'
import { show } from './show.ts'
import { deleteOf, readOf } from './store.ts'

/** What this module knows about a person: their files, by whichever application. Content is loaded from where it was sent. */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const rows = await readOf(parts.context.database.queries, organisationId, subjectId)
      return {
        uploads: await Promise.all(
          rows.map(async (row) => ({ ...(await show(parts, row)), owner: `${row.owner_kind}:${row.owner_id}` })),
        ),
      }
    },
    erase: (tx, organisationId, subjectId) => deleteOf(tx, organisationId, subjectId),
  }
}
