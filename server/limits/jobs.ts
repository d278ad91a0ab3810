import type { Job } from '../platform/jobs/job.ts'
import { deleteWhole } from './cell-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { shownForMs } from './show.ts'
import { sweepOld } from './store.ts'

const batch = 5_000

/** Takes away what has ended: entries, those who were limited, cells that are whole again. */
export const sweep = (parts: Parts): Job => ({
  name: 'limits.sweep',
  everySeconds: 60,
  async run(signal) {
    const { queries } = parts.context.database
    const now = nowOf(parts)
    await sweepOld(queries, new Date(now.getTime() - shownForMs), now)
    while (!signal.aborted) if ((await deleteWhole(queries, batch)) < batch) break
  },
})
