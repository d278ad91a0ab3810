import type { Job } from '../../platform/jobs/job.ts'
import type { Relations } from './api.ts'

const batch = 1_000

/** Deletes tuples that expired. Nothing depends on it: whoever reads compares with the time. */
export function sweepRelations(relations: Relations): Job {
  return {
    name: 'access.relations.sweep',
    everySeconds: 3_600,
    async run(signal) {
      while (!signal.aborted) if ((await relations.sweep()) < batch) break
    },
  }
}
