import type { SubjectData } from '../platform/module.ts'
import type { Parts } from './parts.ts'
import { show } from './show.ts'
import { deleteKeysOf, readAllOf } from './store.ts'

/** What this module knows about a person: their keys, those that are over too. Erasing takes them, and they open nothing from then on. */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, id) {
      const rows = await readAllOf(parts.context.database.queries, organisationId, { kind: 'user', id })
      const keys = await Promise.all(
        rows.map(async (row) => ({
          ...(await show(parts, row)),
          revokedAt: row.revoked_at?.toISOString() ?? null,
          revokedWhy: row.revoked_why,
        })),
      )
      return { keys }
    },
    async erase(tx, organisationId, id) {
      parts.live.changed(tx, await deleteKeysOf(tx, organisationId, { kind: 'user', id }))
    },
  }
}
