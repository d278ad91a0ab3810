import { isRefusal } from '../../platform/errors.ts'
import type { Job } from '../../platform/jobs/job.ts'
import { event } from '../events.ts'
import { makeLink } from '../links/one-time-link.ts'
import { mailTo } from '../notices/notify.ts'
import { delegatedLinkText } from '../notices/texts.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { lockPerson, readPerson } from '../store.ts'
import { changing } from './changing.ts'
import { makeCancelLink } from './delegated-notice.ts'
import { giveUp } from './end-delegated.ts'
import type { DelegatedRow } from './store.ts'
import { countActive, deleteOldDelegated, markSent, readDue, readExpired } from './store.ts'

const batch = 100
const dayMs = 86_400_000
const linkMs = 3 * dayMs
/** Longer than any grace period: whoever was recovered has none. */
const keptMs = 100 * dayMs
const system = { kind: 'system' } as const

/** Sends the links whose wait is over, gives up what expired, and forgets what ended a month ago. */
export function delegatedRecoveries(parts: Parts): Job {
  const { queries } = parts.context.database
  return {
    name: 'identity.recovery',
    everySeconds: 60,
    async run(signal) {
      const now = nowOf(parts)
      for (const row of await readDue(queries, now, batch)) {
        if (signal.aborted) return
        await deliver(parts, row)
      }
      for (const personId of await readExpired(queries, now, batch)) {
        if (signal.aborted) return
        await expire(parts, personId)
      }
      const before = new Date(now.getTime() - keptMs)
      while (!signal.aborted) if ((await deleteOldDelegated(queries, before, batch)) < batch) return
    },
  }
}

/** Both administrators must be there still: one who was disabled meanwhile may have been somebody else. */
async function deliver(parts: Parts, { id, person_id, organisation_id, asked_by, approved_by }: DelegatedRow) {
  await patiently(parts, async (tx) => {
    await lockPerson(tx, person_id)
    const person = await readPerson(tx, person_id)
    if (person === null) return
    const both = await countActive(tx, organisation_id, [asked_by, approved_by as string])
    if (person.state !== 'active' || both !== 2) {
      await giveUp(parts, tx, person, 'void', system)
      return
    }
    const now = nowOf(parts)
    if (!(await markSent(tx, id, now, new Date(now.getTime() + linkMs)))) return
    const cancelLink = await makeCancelLink(parts, tx, person)
    const about = { organisationId: organisation_id, actor: system }
    const made = { purpose: 'delegated-recovery', personId: person_id, ...about } as const
    await mailTo(parts, tx, person, 'delegated-recovery', async (frame) =>
      delegatedLinkText(await makeLink(parts, tx, made), cancelLink, frame),
    )
    const sent = { ...about, subjectId: person_id, data: { id, user: person_id } }
    await parts.context.recorder.record(tx, event('delegated-recovery.sent', sent))
  })
}

async function expire(parts: Parts, personId: string): Promise<void> {
  await patiently(parts, async (tx) => {
    await lockPerson(tx, personId)
    const person = await readPerson(tx, personId)
    if (person !== null) await giveUp(parts, tx, person, 'expired', system)
  })
}

/** Where too many changes wait, the next run does it. */
async function patiently(parts: Parts, work: Parameters<typeof changing<void>>[1]): Promise<void> {
  try {
    await changing(parts, work)
  } catch (error) {
    if (!isRefusal(error, 'IDENTITY_BUSY')) throw error
  }
}
