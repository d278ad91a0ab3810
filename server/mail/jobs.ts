import type { Job } from '../platform/jobs/job.ts'
import type { Courier } from './courier.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteOld } from './store.ts'
import { deleteOldCounts } from './texts/count-store.ts'

const batch = 1_000
const dayMs = 86_400_000

/** What waits: tries that failed, and messages of a process that ended. */
export function delivery(courier: Courier): Job {
  return {
    name: 'mail.delivery',
    everySeconds: 15,
    run: (signal) => courier.due(signal),
  }
}

/** Deletes what was sent, kept or given up a retention ago, and counts of texts that are over, in batches that commit by themselves. */
export function sweep(parts: Parts): Job {
  return {
    name: 'mail.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { config, database } = parts.context
      const nowMs = nowOf(parts).getTime()
      const old = [
        { remove: deleteOld, keptMs: config.retentionDays * dayMs },
        { remove: deleteOldCounts, keptMs: 2 * dayMs },
      ]
      for (const { remove, keptMs } of old)
        while (!signal.aborted) if ((await remove(database.queries, new Date(nowMs - keptMs), batch)) < batch) break
    },
  }
}
