import type { PhoneConfirmation, PhoneNumber, PhoneOffer } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import { newId } from '../../platform/random.ts'
import { endAttemptsOf } from '../attempts/store.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { notify } from '../notices/notify.ts'
import { textTo } from '../notices/text-to.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readPolicy } from '../policy/sign-in-policy.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson } from '../store.ts'
import type { Enrolled } from './enrol-totp.ts'
import { firstRecoveryCodes } from './make-recovery-codes.ts'
import { maskNumber, openPhone, phonesOf, sealPhone } from './phone.ts'
import { confirmPhoneOffer, deleteOtherPhoneOffers, insertPhoneOffer, readPhoneOffer } from './phone-store.ts'
import { newSentCode, proveSentCode } from './sent-code.ts'
import { codeText } from './sms-code.ts'

const mostOffers = 2
const mostPhones = 2

/** Whether codes by text are a way for people of this organisation: the installation can send them, and its policy wants them. */
async function textsAllowed(parts: Parts, organisationId: string): Promise<boolean> {
  if (!parts.mail.textDeliverable) return false
  return (await readPolicy(parts.context.database.queries, organisationId)).policy.smsCodes
}

/**
 * Sends a code to a number, so that `confirmPhone` can enrol it within ten minutes. The answer is the same whether or not somebody else
 * has the number, and whether or not the text goes out: limits of a number are nobody else's business.
 *
 * @throws Refusal IDENTITY_TEXTS_OFF, IDENTITY_PHONE_COUNTRY, IDENTITY_PHONE_KNOWN, IDENTITY_FACTORS_FULL, IDENTITY_TOO_MANY_TRIES.
 */
export async function offerPhone(
  parts: Parts,
  person: PersonRow,
  { number }: PhoneNumber,
  address: string,
): Promise<PhoneOffer> {
  const { database, random } = parts.context
  await requireAllowed(parts, person)
  if (!parts.mail.canText(number)) throw refuse('IDENTITY_PHONE_COUNTRY', { field: 'body.number' })
  await requireRoom(parts, database.queries, person, number)
  const id = newId('fac', random)
  const sealed = await sealPhone(parts, person, id, 'number', number)
  const expiresAt = await database.transaction(async (tx) => {
    const { code, expiresAt } = await newSentCode(parts, tx, 'sms-code', { person, flow: flowOf(id) })
    await insertPhoneOffer(tx, {
      id,
      person_id: person.id,
      number_sealed: sealed,
      created_at: nowOf(parts),
      offered_until: expiresAt,
    })
    await deleteOtherPhoneOffers(tx, person.id, mostOffers)
    await textTo(parts, tx, person, {
      kind: 'phone-code',
      phones: [{ id, number }],
      write: (frame) => codeText(parts, frame, code, expiresAt),
      expiresAt,
      askedFrom: address,
    })
    return expiresAt
  })
  return { id, sentTo: maskNumber(number), expiresAt: expiresAt.toISOString() }
}

/**
 * Puts a phone in force by the code that went to it: of this very offer, five tries.
 *
 * @throws Refusal IDENTITY_TEXTS_OFF, IDENTITY_OFFER_OVER, IDENTITY_FACTOR_WRONG, IDENTITY_PHONE_KNOWN, IDENTITY_FACTORS_FULL.
 */
export async function confirmPhone(
  parts: Parts,
  person: PersonRow,
  { id, code, name = 'Phone' }: PhoneConfirmation,
  address: string,
): Promise<Enrolled> {
  const { database, recorder } = parts.context
  await requireAllowed(parts, person)
  const now = nowOf(parts)
  const sealed = await readPhoneOffer(database.queries, { id, personId: person.id, now })
  if (sealed === null) throw refuse('IDENTITY_OFFER_OVER')
  if (!(await proveSentCode(parts, 'sms-code', { person, flow: flowOf(id) }, code)))
    throw refuse('IDENTITY_FACTOR_WRONG', { field: 'body.code' })
  const number = await openPhone(parts, person, id, 'number', sealed)
  const nameSealed = await sealPhone(parts, person, id, 'name', name)
  return await database.transaction(async (tx) => {
    await lockPerson(tx, person.id)
    await requireRoom(parts, tx, person, number)
    if (!(await confirmPhoneOffer(tx, { id, nameSealed, now }))) throw refuse('IDENTITY_OFFER_OVER')
    const actor = { kind: 'user', id: person.id } as const
    const about = { organisationId: person.organisation_id, actor, subjectId: person.id }
    await recorder.record(tx, event('factor.enrolled', { ...about, data: { factor: 'sms-code', id } }))
    await notify(parts, tx, person, 'factor-enrolled', { factor: 'sms-code', address, newPhone: id })
    // They were judged by what was enrolled then.
    await endAttemptsOf(tx, person.id, now)
    return { id, recoveryCodes: await firstRecoveryCodes(parts, tx, person) }
  })
}

/** A code is good for the offer that it was sent for: neither for another one nor for a sign-in. */
const flowOf = (id: string) => ({ kind: 'enrolment', id }) as const

async function requireAllowed(parts: Parts, person: PersonRow): Promise<void> {
  if (!(await textsAllowed(parts, person.organisation_id))) throw refuse('IDENTITY_TEXTS_OFF')
}

async function requireRoom(parts: Parts, queries: Queries, person: PersonRow, number: string): Promise<void> {
  const phones = await phonesOf(parts, queries, person)
  if (phones.some((phone) => phone.number === number)) throw refuse('IDENTITY_PHONE_KNOWN', { field: 'body.number' })
  if (phones.length >= mostPhones) throw refuse('IDENTITY_FACTORS_FULL')
}
