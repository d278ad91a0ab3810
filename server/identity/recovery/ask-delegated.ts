import { actorOf } from '../../platform/events/event.ts'
import type { Principal, UserPrincipal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import { requireNoLess } from '../change-user.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { lockOrganisation, readMember } from '../store.ts'
import { changing } from './changing.ts'
import { noticeWithCancel } from './delegated-notice.ts'
import type { DelegatedRow } from './store.ts'
import { insertDelegated, readDelegated } from './store.ts'

/** How long a second administrator may take. */
const approvalMs = 7 * 86_400_000

/**
 * The first administrator asks that somebody who has lost their factors be let in again. Nothing changes for the person yet, who is
 * told, with a link that cancels it.
 *
 * @throws Refusal IDENTITY_USER_UNKNOWN (whoever may not sign in, too), IDENTITY_NOT_YOURS_TO_CHANGE,
 * IDENTITY_RECOVERY_BY_ANOTHER, IDENTITY_RECOVERY_BY_PEOPLE, IDENTITY_RECOVERY_UNDER_WAY,
 * IDENTITY_RECOVERY_NO_MAIL, IDENTITY_BUSY.
 */
export async function askDelegated(parts: Parts, userId: string, principal: Principal): Promise<DelegatedRow> {
  const by = requirePerson(principal)
  requireMail(parts)
  const { recorder, random } = parts.context
  return await changing(parts, async (tx) => {
    await lockOrganisation(tx, by.organisationId)
    const person = await requireRecoverable(parts, tx, userId, by)
    const now = nowOf(parts)
    const { organisation_id: organisationId } = person
    const row = {
      id: newId('rcv', random),
      person_id: userId,
      organisation_id: organisationId,
      asked_by: by.id,
      asked_at: now,
      expires_at: new Date(now.getTime() + approvalMs),
    }
    if (!(await insertDelegated(tx, row))) throw refuse('IDENTITY_RECOVERY_UNDER_WAY')
    const about = { organisationId, actor: actorOf(by), subjectId: userId }
    await recorder.record(tx, event('delegated-recovery.asked', { ...about, data: { id: row.id, user: userId } }))
    await noticeWithCancel(parts, tx, person, 'delegated-recovery-begun', {})
    const asked = await readDelegated(tx, userId, now)
    if (asked === null) throw new Error('a recovery that was just written is not there')
    return asked
  })
}

/** Without mail nobody would hear of it, nor get the link. @throws Refusal IDENTITY_RECOVERY_NO_MAIL */
export function requireMail({ mail }: Parts): void {
  if (!mail.deliverable) throw refuse('IDENTITY_RECOVERY_NO_MAIL')
}

/** Two people must answer for it; a key may be anybody's. @throws Refusal IDENTITY_RECOVERY_BY_PEOPLE */
export function requirePerson(principal: Principal): UserPrincipal {
  if (principal.kind !== 'user') throw refuse('IDENTITY_RECOVERY_BY_PEOPLE')
  return principal
}

/** Somebody who may sign in, may do no more than who asks, and is somebody else. */
export async function requireRecoverable(
  parts: Parts,
  tx: Parameters<typeof readMember>[0],
  userId: string,
  by: UserPrincipal,
): Promise<PersonRow> {
  const person = await readMember(tx, by.organisationId, userId)
  if (person?.state !== 'active') throw refuse('IDENTITY_USER_UNKNOWN')
  if (userId === by.id) throw refuse('IDENTITY_RECOVERY_BY_ANOTHER')
  await requireNoLess(parts, tx, by, userId)
  return person
}
