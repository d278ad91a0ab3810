import type { TotpConfirmation, TotpOffer } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import { newId } from '../../platform/random.ts'
import { endAttemptsOf } from '../attempts/store.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { openPerson } from '../show-user.ts'
import type { PersonRow } from '../store.ts'
import { lockPerson, readOrganisationName } from '../store.ts'
import { firstRecoveryCodes } from './make-recovery-codes.ts'
import { sealTotp, totpPlace } from './totp.ts'
import { offerOf, stepOfCode } from './totp-code.ts'
import { confirmOffer, deleteOtherOffers, insertOffer, readAuthenticators, tryOffer } from './totp-store.ts'

/** As long as the hash it feeds: RFC 4226 §4 R6 recommends 160 bits. */
const secretBytes = 20
const offerMs = 600_000
const mostOffers = 3
const mostTries = 10
const mostAuthenticators = 5

/**
 * Offers an authenticator app a secret. It is worth nothing before `confirmTotp`, which has ten minutes; of more than three that
 * are offered at once the oldest goes.
 *
 * @throws Refusal IDENTITY_FACTORS_FULL
 */
export async function offerTotp(parts: Parts, person: PersonRow): Promise<TotpOffer> {
  const { database, random } = parts.context
  await requireRoom(database.queries, person)
  const id = newId('fac', random)
  const secret = random.bytes(secretBytes)
  const sealed = await sealTotp(parts, person, id, 'secret', secret)
  const issuer = await readOrganisationName(database.queries, person.organisation_id)
  const { email } = await openPerson(parts, person)
  const now = nowOf(parts)
  const until = new Date(now.getTime() + offerMs)
  await database.transaction(async (tx) => {
    await lockPerson(tx, person.id)
    await insertOffer(tx, {
      id,
      person_id: person.id,
      secret_sealed: sealed,
      created_at: now,
      offered_until: until,
    })
    await deleteOtherOffers(tx, person.id, mostOffers)
  })
  return { id, ...offerOf(secret, issuer, email), expiresAt: until.toISOString() }
}

export type Enrolled = {
  readonly id: string
  /** Set where the person had none: shown this once. */
  readonly recoveryCodes: readonly string[] | null
}

/** What enrols: a session, or a sign-in under way that must. */
export type Enrolling = {
  /** Where it comes from, for the mail that tells the person. */
  readonly address: string
  /** The sign-in that goes on; every other one of this person ends. */
  readonly attemptId: string | null
  /** Called in the transaction that enrols, with the person's row locked. Throws where it must not happen. */
  hold?(tx: Queries): Promise<void>
}

/**
 * Puts an authenticator app in force by a code that it shows. The code is used up: it signs nobody in afterwards.
 *
 * @throws Refusal IDENTITY_OFFER_OVER, IDENTITY_FACTOR_WRONG, IDENTITY_FACTORS_FULL, and what `hold` throws.
 */
export async function confirmTotp(
  parts: Parts,
  person: PersonRow,
  { id, code, name = 'Authenticator app' }: TotpConfirmation,
  { address, attemptId, hold }: Enrolling,
): Promise<Enrolled> {
  const { database, recorder } = parts.context
  const now = nowOf(parts)
  const sealed = await tryOffer(database.queries, { id, personId: person.id, most: mostTries, now })
  if (sealed === null) throw refuse('IDENTITY_OFFER_OVER')
  const secret = await parts.keyring.open(totpPlace(person, id, 'secret'), sealed)
  const step = stepOfCode(secret, code, now.getTime())
  if (step === null) throw refuse('IDENTITY_FACTOR_WRONG', { field: 'body.code' })
  const nameSealed = await sealTotp(parts, person, id, 'name', name)
  return await database.transaction(async (tx) => {
    await lockPerson(tx, person.id)
    await hold?.(tx)
    await requireRoom(tx, person)
    if (!(await confirmOffer(tx, { id, step, nameSealed, now }))) throw refuse('IDENTITY_OFFER_OVER')
    const actor = { kind: 'user', id: person.id } as const
    const about = { organisationId: person.organisation_id, actor, subjectId: person.id }
    await recorder.record(tx, event('factor.enrolled', { ...about, data: { factor: 'totp', id } }))
    await notify(parts, tx, person, 'factor-enrolled', { factor: 'totp', address })
    // They were judged by what was enrolled then.
    await endAttemptsOf(tx, person.id, now, attemptId)
    return { id, recoveryCodes: await firstRecoveryCodes(parts, tx, person) }
  })
}

async function requireRoom(queries: Queries, person: PersonRow): Promise<void> {
  if ((await readAuthenticators(queries, person.id)).length >= mostAuthenticators) throw refuse('IDENTITY_FACTORS_FULL')
}
