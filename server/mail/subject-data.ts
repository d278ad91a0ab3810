import type { SubjectData } from '../platform/module.ts'
import { readBody } from './message.ts'
import type { Parts } from './parts.ts'
import { placeOf } from './parts.ts'
import { deleteOf, readOf } from './store.ts'

/** What this module knows about a person: what was written to them, for as long as it is here, and when. */
export function subjectData({ context, keyring }: Parts): SubjectData {
  return {
    async export(organisationId, subjectId) {
      const rows = await readOf(context.database.queries, organisationId, subjectId)
      const mails = await Promise.all(
        rows.map(async (row) => ({
          id: row.id,
          channel: row.channel,
          kind: row.kind,
          createdAt: row.created_at.toISOString(),
          sentAt: row.sent_at?.toISOString() ?? null,
          failedAt: row.failed_at?.toISOString() ?? null,
          ...(row.body_sealed === null ? {} : readBody(await keyring.open(placeOf(row), row.body_sealed))),
        })),
      )
      return { mails }
    },
    erase: (tx, organisationId, subjectId) => deleteOf(tx, organisationId, subjectId),
  }
}
