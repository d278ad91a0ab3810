import type { Job } from '../../platform/jobs/job.ts'
import { deleteOldApprovals } from './approval-store.ts'
import { deleteExpiredAssignments } from './assignment-store.ts'
import { deleteExpiredMemberships } from './group-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'

const batch = 1_000
const keptMs = 30 * 24 * 3_600_000

/** Deletes what expired a month ago. Nothing depends on it: whoever reads compares with the time. */
export function sweep(parts: Parts): Job {
  return {
    name: 'access.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const before = new Date(nowOf(parts).getTime() - keptMs)
      for (const remove of [deleteExpiredAssignments, deleteExpiredMemberships, deleteOldApprovals])
        while (!signal.aborted) if ((await remove(parts.context.database.queries, before, batch)) < batch) break
    },
  }
}
