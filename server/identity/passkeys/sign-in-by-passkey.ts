import { createHmac } from 'node:crypto'
import type { PasskeySignIn } from '@custodia/wire/http/factors.ts'
import { isRefusal } from '../../platform/errors.ts'
import { network } from '../../platform/http/limits.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { assessedEvent, completeSignIn } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { judge } from '../policy/judge.ts'
import { assess } from '../risk/assess.ts'
import { devicesOf } from '../risk/device.ts'
import { readPerson } from '../store.ts'
import { browserOf } from './browser-cookie.ts'
import type { PasskeyRow } from './store.ts'
import { holdOwner } from './store.ts'
import { verifyAssertion } from './verify-assertion.ts'

/**
 * Signs in by a passkey alone, which says itself who is there. Whatever does not hold gets one answer; which of the reasons it was
 * stands in the ledger alone.
 *
 * @throws Refusal IDENTITY_FACTOR_WRONG, IDENTITY_TOO_MANY_TRIES.
 */
export async function signInByPasskey(
  parts: Parts,
  { credential }: PasskeySignIn,
  entrance: Entrance,
): Promise<Progressed> {
  const { database } = parts.context
  const { head } = entrance
  const account = pseudonym(parts, credential.id)
  // By network alone: nobody guesses a signature, and so nobody elsewhere may slow the owner down by trying.
  const counted = `${account}:${network(head.address)}`
  const refused = (reason: string, passkey: PasskeyRow | null) => {
    noteRefusal(parts, { account, reason, passkey, address: head.address })
    return refuse('IDENTITY_FACTOR_WRONG')
  }
  try {
    await parts.guesses.spend(counted, head.address)
  } catch (error) {
    if (isRefusal(error)) noteRefusal(parts, { account, reason: 'throttled', passkey: null, address: head.address })
    throw error
  }
  const bound = browserOf(parts, head)
  if (bound === null) throw refused('passkey-challenge', null)
  const verified = await verifyAssertion(parts, credential, { purpose: 'sign-in', bound, personId: null })
  if (!verified.held) {
    await parts.guesses.failed(counted, head.address)
    throw refused(verified.reason, verified.passkey)
  }
  const { passkey } = verified
  const person = await readPerson(database.queries, passkey.person_id)
  if (person?.state !== 'active') throw refused(person?.state ?? 'unknown', passkey)
  const risk = await assess(parts, person, head, await devicesOf(parts, head))
  if (risk.verdict === 'refuse') {
    parts.context.recorder.note(assessedEvent(parts, person, risk, head))
    throw refused('risk', passkey)
  }
  const raised = risk.verdict === 'ask'
  const { decision } = await judge(parts, person, ['passkey'], raised)
  const signedIn = await database.transaction(async (tx) => {
    const owner = await holdOwner(tx, passkey.id)
    if (owner === null) return null
    const proven = { factors: ['passkey'], decision, attempt: null, raised, risk } as const
    return await completeSignIn(parts, tx, owner, proven, entrance)
  })
  if (signedIn === null) throw refused('changed', passkey)
  await parts.guesses.forgive(counted, head.address)
  return signedIn
}

/** A credential as the counters and the ledger name it. */
const pseudonym = ({ attemptKey }: Parts, credentialId: string): string =>
  createHmac('sha256', attemptKey).update(`passkey:${credentialId}`).digest('base64url').slice(0, 22)

function noteRefusal(
  parts: Parts,
  about: { account: string; reason: string; passkey: PasskeyRow | null; address: string },
): void {
  const { account, reason, passkey, address } = about
  parts.context.recorder.note(
    event('user.sign-in-refused', {
      organisationId: passkey?.organisation_id ?? null,
      actor: { kind: 'anonymous' },
      subjectId: passkey?.person_id ?? null,
      data: { account, reason },
      personal: { address },
    }),
  )
}
