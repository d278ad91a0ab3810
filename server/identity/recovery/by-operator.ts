import type { Operator } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { deleteUnusedLinks } from '../links/link-store.ts'
import { makeLink } from '../links/one-time-link.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { lockPerson, readMember } from '../store.ts'
import { changing } from './changing.ts'

export type OperatorRecovery = {
  /** Shown this once. */
  readonly link: string
  readonly expiresAt: Date
  /** False where this installation sends no mail: the person was not told. */
  readonly notified: boolean
}

/**
 * Makes a recovery link for the operator to hand over, for whoever can't get at their mail. It is worth what a mailed one is: it sets a
 * password and proves nothing else, so an enrolled second factor is still asked for. The person is told.
 *
 * @throws Refusal IDENTITY_USER_UNKNOWN, IDENTITY_USER_NOT_ACTIVE, IDENTITY_BUSY.
 */
export async function recoverByOperator(parts: Parts, userId: string, by: Operator): Promise<OperatorRecovery> {
  const { organisationId } = by
  const actor = actorFor(by)
  return await changing(parts, async (tx) => {
    await lockPerson(tx, userId)
    const person = await readMember(tx, organisationId, userId)
    if (person === null) throw refuse('IDENTITY_USER_UNKNOWN')
    if (person.state !== 'active') throw refuse('IDENTITY_USER_NOT_ACTIVE')
    await deleteUnusedLinks(tx, { personId: userId, purposes: ['recovery'] })
    const made = await makeLink(parts, tx, { purpose: 'recovery', personId: userId, organisationId, actor })
    const about = { organisationId, actor, subjectId: userId }
    await parts.context.recorder.record(tx, event('recovery.given', { ...about, data: { user: userId } }))
    await notify(parts, tx, person, 'operator-recovery', {})
    return { ...made, notified: parts.mail.deliverable }
  })
}
