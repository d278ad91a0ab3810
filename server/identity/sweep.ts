import type { Job } from '../platform/jobs/job.ts'
import { deleteOldAttempts } from './attempts/store.ts'
import { deleteOldPhoneOffers } from './factors/phone-store.ts'
import { deleteOldSentCodes } from './factors/sent-code-store.ts'
import { deleteOldOffers } from './factors/totp-store.ts'
import { deleteOldLinks } from './links/link-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { deleteOldChallenges } from './passkeys/store.ts'
import { deleteUnused } from './risk/store.ts'

const batch = 1_000
const hourMs = 3_600_000

/** How long after its end each kind of row is kept. */
const kinds = [
  { remove: deleteOldLinks, keptMs: 720 * hourMs },
  { remove: deleteOldAttempts, keptMs: 24 * hourMs },
  { remove: deleteOldChallenges, keptMs: hourMs },
  { remove: deleteOldOffers, keptMs: hourMs },
  { remove: deleteOldPhoneOffers, keptMs: hourMs },
  { remove: deleteUnused, keptMs: 400 * 24 * hourMs },
  { remove: deleteOldSentCodes, keptMs: hourMs },
]

/** Deletes what expired a while ago, in batches that commit by themselves. */
export function sweep(parts: Parts): Job {
  return {
    name: 'identity.sweep',
    everySeconds: 3_600,
    async run(signal) {
      const { queries } = parts.context.database
      for (const { remove, keptMs } of kinds) {
        const before = new Date(nowOf(parts).getTime() - keptMs)
        while (!signal.aborted) if ((await remove(queries, before, batch)) < batch) break
      }
    },
  }
}
