import type { Job } from '../platform/jobs/job.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { Quarantine } from './quarantine.ts'
import { deleteExpired, deleteOrphans } from './store.ts'

const batch = 100
/** Longer than any request may take. */
const orphanMs = 3_600_000

/** Files that another process received and could not finish, and those whose scanner did not answer. */
export const settling = (quarantine: Quarantine): Job => ({
  name: 'uploads.settle',
  everySeconds: 30,
  run: (signal) => quarantine.drain(signal),
})

/** Deletes what has expired, and what stopped to arrive with the process that received it. */
export function sweep(parts: Parts): Job {
  return {
    name: 'uploads.sweep',
    everySeconds: 600,
    async run(signal) {
      const { database, recorder } = parts.context
      const now = nowOf(parts)
      while (!signal.aborted) {
        const files = await deleteExpired(database.queries, now, batch)
        if (files > 0)
          recorder.note(event('files.expired', { organisationId: null, actor: { kind: 'system' }, data: { files } }))
        if (files < batch) break
      }
      const before = new Date(now.getTime() - orphanMs)
      while (!signal.aborted) if ((await deleteOrphans(database.queries, before, batch)) < batch) break
    },
  }
}
