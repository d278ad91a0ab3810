import type { CompleteRecovery } from '@custodia/wire/http/recovery.ts'
import type { Queries } from '../../platform/database/database.ts'
import { endAttemptsOf } from '../attempts/store.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { completeSignIn } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { factors } from '../factors/table.ts'
import { findLink } from '../links/find-link.ts'
import type { LinkRow } from '../links/link-store.ts'
import { deleteUnusedLinks, useLink } from '../links/link-store.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { requireFit } from '../passwords/require-fit.ts'
import { judge } from '../policy/judge.ts'
import { assess } from '../risk/assess.ts'
import { devicesOf } from '../risk/device.ts'
import { openPerson } from '../show-user.ts'
import type { PersonRow } from '../store.ts'
import { holdVerified, lockPerson, readOrganisationName } from '../store.ts'
import { changing } from './changing.ts'
import { endDelegated, replacePassword } from './store.ts'

/**
 * Sets a new password by a recovery link, ends every session and every sign-in of the person, and begins a sign-in with the new
 * password: whether that is enough is judged as after any other way in, from a strange device more strictly, so a second factor that
 * is enrolled is asked for (ASVS 6.4.3). Only a link that two administrators granted takes the second factors away, at this moment and not before.
 *
 * @throws Refusal IDENTITY_LINK_INVALID, IDENTITY_PASSWORD_UNFIT: the link still works after the latter; IDENTITY_BUSY.
 */
export async function completeRecovery(
  parts: Parts,
  { token, password }: CompleteRecovery,
  entrance: Entrance,
): Promise<Progressed> {
  const { database } = parts.context
  const { link, person: found } = await findLink(parts, token, ['recovery', 'delegated-recovery'])
  if (found === null) throw refuse('IDENTITY_LINK_INVALID')
  const { organisation_id: organisationId } = found
  const { email } = await openPerson(parts, found)
  const organisation = await readOrganisationName(database.queries, organisationId)
  await requireFit(parts, 'body.password', password, { email, organisation, organisationId })
  const hash = await parts.hasher.hash(password)
  const person = await changing(parts, async (tx) => await recover(parts, tx, link, hash, entrance))

  // Judged by what stands after the commit. The sign-in is a second transaction: should the process end in between, the person
  // signs in with the password that they have now.
  const proven = ['password'] as const
  const risk = await assess(parts, person, entrance.head, await devicesOf(parts, entrance.head))
  // The password is set: to refuse them now would say that it was not.
  const raised = risk.verdict !== 'allow'
  const { decision } = await judge(parts, person, proven, raised)
  return await database.transaction(async (tx) => {
    const held = await holdVerified(tx, { id: person.id, verified: hash, renewed: null })
    if (held === null) throw refuse('IDENTITY_LINK_INVALID')
    return await completeSignIn(parts, tx, held, { factors: proven, decision, attempt: null, raised, risk }, entrance)
  })
}

async function recover(parts: Parts, tx: Queries, link: LinkRow, hash: string, { head }: Entrance): Promise<PersonRow> {
  const { recorder } = parts.context
  const now = nowOf(parts)
  // The person before the link, as everywhere: two who each held what the other waits for would both be stopped.
  await lockPerson(tx, link.person_id as string)
  if (!(await useLink(tx, link.token_hash, link.purpose, now))) throw refuse('IDENTITY_LINK_INVALID')
  const person = await replacePassword(tx, link.person_id as string, hash, now)
  if (person === null) throw refuse('IDENTITY_LINK_INVALID')
  const { id, organisation_id: organisationId } = person
  const about = { organisationId, actor: { kind: 'user', id } as const, subjectId: id }
  const delegated = link.purpose === 'delegated-recovery'
  if (delegated) await takeFactors(parts, tx, person, about)
  await endEntrances(parts, tx, person, 'recovered', about.actor)
  await recorder.record(
    tx,
    event('recovery.completed', { ...about, data: { delegated }, personal: { address: head.address } }),
  )
  await notify(parts, tx, person, delegated ? 'delegated-recovery-done' : 'recovery-used', { address: head.address })
  return person
}

type About = { organisationId: string; actor: { kind: 'user'; id: string }; subjectId: string }

async function takeFactors(parts: Parts, tx: Queries, person: PersonRow, about: About): Promise<void> {
  const { recorder } = parts.context
  const ended = await endDelegated(tx, person.id, 'done', nowOf(parts))
  if (ended === null) throw refuse('IDENTITY_LINK_INVALID')
  await deleteUnusedLinks(tx, { personId: person.id, purposes: ['recovery-cancel', 'delegated-recovery'] })
  for (const factor of factors)
    for (const { id } of await factor.list(parts, person))
      if ((await factor.remove?.(parts, tx, person, id)) === true)
        await recorder.record(tx, event('factor.removed', { ...about, data: { factor: factor.kind, id } }))
  const data = { id: ended.id, outcome: 'done' }
  await recorder.record(tx, event('delegated-recovery.ended', { ...about, data }))
}

/** Ends whatever lets somebody in as this person, or would soon. @returns how many sessions were live. */
export async function endEntrances(
  parts: Parts,
  tx: Queries,
  { id, organisation_id: organisationId }: PersonRow,
  why: string,
  actor: About['actor'],
): Promise<number> {
  await endAttemptsOf(tx, id, nowOf(parts))
  await deleteUnusedLinks(tx, { personId: id, purposes: ['recovery'] })
  return await parts.sessions.endAll(tx, { organisationId, userId: id }, why, actor)
}
