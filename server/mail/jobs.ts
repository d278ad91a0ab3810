import type { Job } from '../platform/jobs/job.ts'
import type { Courier } from './courier.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteOld } from './store.ts'

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

/** Deletes what was sent, kept or given up a retention ago, in batches that commit by themselves. */
export function sweep(parts: Parts): Job {
  return {
    name: 'mail.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { config, database } = parts.context
      const before = new Date(nowOf(parts).getTime() - config.retentionDays * dayMs)
      while (!signal.aborted) if ((await deleteOld(database.queries, before, batch)) < batch) return
    },
  }
}
