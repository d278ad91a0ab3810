import { base32 } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { findLink } from '../links/find-link.ts'
import { deleteUnusedLinks, useLink } from '../links/link-store.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { deleteDevices } from '../risk/store.ts'
import { lockPerson } from '../store.ts'
import { sendRecoveryLink } from './ask.ts'
import { changing } from './changing.ts'
import { endEntrances } from './complete.ts'
import { endDelegated, replacePassword } from './store.ts'

/**
 * 'This was not me', from a notice: signs the account out everywhere, ends sign-ins and links under way, replaces the password by one
 * that nobody knows (whoever knew it is out), and mails a recovery link. Second factors stay: this link proves a mailbox and no more.
 *
 * @throws Refusal IDENTITY_LINK_INVALID, IDENTITY_BUSY.
 */
export async function notMe(parts: Parts, token: string, address: string): Promise<void> {
  const { random, recorder } = parts.context
  const { link, person: found } = await findLink(parts, token, ['not-me'])
  if (found === null) throw refuse('IDENTITY_LINK_INVALID')
  const unknown = await parts.hasher.hash(base32(random.bytes(32)))
  const now = nowOf(parts)
  const person = await changing(parts, async (tx) => {
    await lockPerson(tx, found.id)
    if (!(await useLink(tx, link.token_hash, 'not-me', now))) throw refuse('IDENTITY_LINK_INVALID')
    const person = await replacePassword(tx, found.id, unknown, now)
    if (person === null) throw refuse('IDENTITY_LINK_INVALID')
    const { id, organisation_id: organisationId } = person
    const actor = { kind: 'user', id } as const
    const about = { organisationId, actor, subjectId: id }
    // Every other link: those of older notices have done their work, and a recovery that was granted is not wanted now.
    await deleteUnusedLinks(tx, { personId: id })
    const sessions = await endEntrances(parts, tx, person, 'not-me', actor)
    for (const listener of parts.disowned) await listener(tx, { organisationId, userId: id })
    // Whoever it was may have signed in, and their browser is known since.
    await deleteDevices(tx, id)
    const ended = await endDelegated(tx, id, 'cancelled', now)
    if (ended !== null) {
      const data = { id: ended.id, outcome: 'cancelled' }
      await recorder.record(tx, event('delegated-recovery.ended', { ...about, data }))
    }
    await recorder.record(tx, event('account.disowned', { ...about, data: { sessions }, personal: { address } }))
    return person
  })
  await sendRecoveryLink(parts, person, address)
}
