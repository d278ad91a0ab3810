import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Job } from '../../platform/jobs/job.ts'
import { deleteOld, deleteUpTo, newestBeyond, organisationAfter } from './store.ts'

const batch = 1_000
const dayMs = 86_400_000

/** Deletes decisions that are too old, and of each organisation the oldest of too many, in batches that commit by themselves. */
export function sweepDecisions(needs: {
  readonly database: Database
  readonly clock: Clock
  readonly keptDays: number
  /** Of each organisation. */
  readonly kept: number
}): Job {
  const { database, clock, keptDays, kept } = needs
  return {
    name: 'access.decisions.sweep',
    everySeconds: 600,
    async run(signal) {
      const { queries } = database
      const before = new Date(clock.nowMs() - keptDays * dayMs)
      while (!signal.aborted) if ((await deleteOld(queries, before, batch)) < batch) break
      let organisationId = await organisationAfter(queries, '')
      while (organisationId !== null && !signal.aborted) {
        const beyond = await newestBeyond(queries, organisationId, kept)
        while (beyond !== null && !signal.aborted)
          if ((await deleteUpTo(queries, organisationId, beyond, batch)) < batch) break
        organisationId = await organisationAfter(queries, organisationId)
      }
    },
  }
}
