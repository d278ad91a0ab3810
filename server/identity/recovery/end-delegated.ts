import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { findLink } from '../links/find-link.ts'
import { deleteUnusedLinks, useLink } from '../links/link-store.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson, readMember } from '../store.ts'
import { changing } from './changing.ts'
import type { Outcome } from './store.ts'
import { endDelegated } from './store.ts'

/**
 * Ends what is under way for a person without success: its links with it, and the person is told.
 *
 * @returns false where nothing was under way.
 */
export async function giveUp(
  parts: Parts,
  tx: Queries,
  person: PersonRow,
  outcome: Exclude<Outcome, 'done'>,
  actor: Actor,
): Promise<boolean> {
  const { id, organisation_id: organisationId } = person
  const ended = await endDelegated(tx, id, outcome, nowOf(parts))
  if (ended === null) return false
  await deleteUnusedLinks(tx, { personId: id, purposes: ['recovery-cancel', 'delegated-recovery'] })
  const data = { id: ended.id, outcome }
  await parts.context.recorder.record(
    tx,
    event('delegated-recovery.ended', { organisationId, actor, subjectId: id, data }),
  )
  if (person.state === 'active') await notify(parts, tx, person, 'delegated-recovery-cancelled', {})
  return true
}

/** By the person, with the link of any of the mails. @throws Refusal IDENTITY_LINK_INVALID, IDENTITY_BUSY. */
export async function cancelByLink(parts: Parts, token: string): Promise<void> {
  const { link, person } = await findLink(parts, token, ['recovery-cancel'])
  if (person === null) throw refuse('IDENTITY_LINK_INVALID')
  await changing(parts, async (tx) => {
    await lockPerson(tx, person.id)
    if (!(await useLink(tx, link.token_hash, 'recovery-cancel', nowOf(parts)))) throw refuse('IDENTITY_LINK_INVALID')
    const actor = { kind: 'user', id: person.id } as const
    if (!(await giveUp(parts, tx, person, 'cancelled', actor))) throw refuse('IDENTITY_LINK_INVALID')
  })
}

/** By an administrator, or the operator: stopping needs one. @throws Refusal IDENTITY_USER_UNKNOWN, IDENTITY_RECOVERY_UNKNOWN, IDENTITY_BUSY. */
export async function withdrawRecovery(parts: Parts, userId: string, by: Asking): Promise<void> {
  await changing(parts, async (tx) => {
    await lockPerson(tx, userId)
    const person = await readMember(tx, by.organisationId, userId)
    if (person === null) throw refuse('IDENTITY_USER_UNKNOWN')
    if (!(await giveUp(parts, tx, person, 'withdrawn', actorFor(by)))) throw refuse('IDENTITY_RECOVERY_UNKNOWN')
  })
}
