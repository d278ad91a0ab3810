import type { Job } from '../platform/jobs/job.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteOver } from './store.ts'

const batch = 1_000
const dayMs = 86_400_000

/** Deletes what was over a retention ago, in batches that commit by themselves. */
export function sweep(parts: Parts): Job {
  return {
    name: 'apikeys.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { config, database } = parts.context
      const before = new Date(nowOf(parts).getTime() - config.retentionDays * dayMs)
      while (!signal.aborted) if ((await deleteOver(database.queries, before, batch)) < batch) return
    },
  }
}
