import { actorOf } from '../../platform/events/event.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { lockOrganisation } from '../store.ts'
import { requireMail, requirePerson, requireRecoverable } from './ask-delegated.ts'
import { changing } from './changing.ts'
import { noticeWithCancel } from './delegated-notice.ts'
import type { DelegatedRow } from './store.ts'
import { approveDelegated, readDelegated } from './store.ts'

const hourMs = 3_600_000
/** How long after the wait a link must have gone out, should no process run meanwhile. */
const lateMs = 3 * 24 * hourMs

/**
 * The second administrator agrees; the wait begins. That they are two different people, and neither of them the person, is held by
 * constraints of the table as well.
 *
 * @throws Refusal IDENTITY_RECOVERY_UNKNOWN where nothing is asked, or it was approved already; IDENTITY_RECOVERY_BY_ANOTHER, and
 * what `askDelegated` refuses.
 */
export async function approveRecovery(parts: Parts, userId: string, principal: Principal): Promise<DelegatedRow> {
  const by = requirePerson(principal)
  requireMail(parts)
  const { config, recorder } = parts.context
  return await changing(parts, async (tx) => {
    await lockOrganisation(tx, by.organisationId)
    const person = await requireRecoverable(parts, tx, userId, by)
    const now = nowOf(parts)
    const asked = await readDelegated(tx, userId, now)
    if (asked === null || asked.approved_by !== null) throw refuse('IDENTITY_RECOVERY_UNKNOWN')
    if (asked.asked_by === by.id) throw refuse('IDENTITY_RECOVERY_BY_ANOTHER')
    const readyAt = new Date(now.getTime() + config.recoveryWaitHours * hourMs)
    const expiresAt = new Date(readyAt.getTime() + lateMs)
    const row = await approveDelegated(tx, asked.id, { by: by.id, now, readyAt, expiresAt })
    if (row === null) throw refuse('IDENTITY_RECOVERY_UNKNOWN')
    const about = { organisationId: by.organisationId, actor: actorOf(by), subjectId: userId }
    const data = { id: row.id, user: userId, readyAt: readyAt.toISOString() }
    await recorder.record(tx, event('delegated-recovery.approved', { ...about, data }))
    await noticeWithCancel(parts, tx, person, 'delegated-recovery-approved', { readyAt })
    return row
  })
}
