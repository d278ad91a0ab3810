import type { Job } from '../platform/jobs/job.ts'
import { deleteOldLinks } from './links/link-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'

const batch = 1_000
const keptMs = 30 * 86_400_000

/** Deletes links that expired a month ago, in batches that commit by themselves. */
export function sweep(parts: Parts): Job {
  return {
    name: 'identity.sweep',
    everySeconds: 86_400,
    async run(signal) {
      const before = new Date(nowOf(parts).getTime() - keptMs)
      while (!signal.aborted) if ((await deleteOldLinks(parts.context.database.queries, before, batch)) < batch) return
    },
  }
}
