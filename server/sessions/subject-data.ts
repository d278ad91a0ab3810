import type { SubjectData } from '../platform/module.ts'
import { open } from './list.ts'
import type { Parts } from './parts.ts'
import { deleteSessionsOf, readSessions } from './store.ts'

/** What this module knows about a person: where and with what they signed in. Those that are over are told as well. */
export function subjectData(parts: Parts): SubjectData {
  return {
    async export(organisationId, userId) {
      const whose = { organisationId, userId }
      const rows = await readSessions(parts.context.database.queries, whose, null)
      const sessions = await Promise.all(
        rows.map(async (row) => ({
          id: row.id,
          createdAt: row.created_at.toISOString(),
          lastUsedAt: row.last_used_at.toISOString(),
          endedAt: row.ended_at?.toISOString() ?? null,
          endedWhy: row.ended_why,
          factors: row.proven ?? row.factors,
          driftedAt: row.drifted_at?.toISOString() ?? null,
          drift: row.drift,
          risk: row.risk,
          heldAt: row.held_at?.toISOString() ?? null,
          heldWhy: row.held_why,
          address: await open(parts, { ...whose, id: row.id }, 'address', row.address_sealed),
          device: await open(parts, { ...whose, id: row.id }, 'device', row.device_sealed),
          applications: row.hosts ?? [],
        })),
      )
      return { sessions }
    },
    async erase(tx, organisationId, userId) {
      const ids = await deleteSessionsOf(tx, { organisationId, userId })
      parts.ended.announce(tx, ids)
    },
  }
}
