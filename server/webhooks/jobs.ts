import type { Job } from '../platform/jobs/job.ts'
import type { Courier } from './deliveries/courier.ts'
import { fanOut } from './deliveries/fan-out.ts'
import { deleteSettled, listOverflowing } from './deliveries/store.ts'
import { disable } from './endpoints/disable.ts'
import { readEndpoint } from './endpoints/store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteSeen } from './sources/store.ts'

const batch = 1_000
const dayMs = 86_400_000
const mostWaiting = 50_000

/** What happened since, as deliveries; then all that is due. */
export function delivery(parts: Parts, courier: Courier): Job {
  return {
    name: 'webhooks.delivery',
    everySeconds: 1,
    async run(signal) {
      while (!signal.aborted) if (!(await fanOut(parts))) break
      await courier.begin(signal)
    },
  }
}

/** Deletes what was settled a retention ago and messages that can not come again, and switches off whoever lets too much wait. */
export function sweep(parts: Parts): Job {
  return {
    name: 'webhooks.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { config, database } = parts.context
      const now = nowOf(parts)
      const old = [
        { remove: deleteSettled, before: new Date(now.getTime() - config.retentionDays * dayMs) },
        { remove: deleteSeen, before: now },
      ]
      for (const { remove, before } of old)
        while (!signal.aborted) if ((await remove(database.queries, before, batch)) < batch) break
      for (const { id, organisation_id } of await listOverflowing(database.queries, mostWaiting)) {
        const endpoint = await readEndpoint(database.queries, organisation_id, id)
        if (endpoint === null) continue
        await database.transaction((tx) => disable(parts, tx, endpoint, 'overflow', { kind: 'system' }))
      }
    },
  }
}
