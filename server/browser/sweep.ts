import type { Job } from '../platform/jobs/job.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteOldInlines, deleteOldReports } from './store.ts'

const batch = 500
const dayMs = 86_400_000

/** Deletes what was last reported, or sent, a retention ago. */
export function sweep(parts: Parts): Job {
  return {
    name: 'browser.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { config, database } = parts.context
      const before = new Date(nowOf(parts).getTime() - config.retentionDays * dayMs)
      for (const remove of [deleteOldReports, deleteOldInlines])
        while (!signal.aborted) if ((await remove(database.queries, before, batch)) < batch) break
    },
  }
}
