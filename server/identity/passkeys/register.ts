import type { PasskeyRegistration } from '@custodia/wire/http/factors.ts'
import type { VerifiedRegistrationResponse } from '@simplewebauthn/server'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import type { RequestHead } from '../../platform/http/ports.ts'
import { newId } from '../../platform/random.ts'
import { endAttemptsOf } from '../attempts/store.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { firstRecoveryCodes } from '../factors/make-recovery-codes.ts'
import { notify } from '../notices/notify.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { lockPerson } from '../store.ts'
import type { Attestation } from './attestation.ts'
import { isWelcome, readAttestation, trustOf } from './attestation.ts'
import { useChallenge } from './challenges.ts'
import type { Attested } from './credential.ts'
import { readAttested } from './credential.ts'
import { namePlace } from './name-place.ts'
import type { Enrolling } from './offer.ts'
import { algorithms, mostPasskeys } from './offer.ts'
import { isSoundKey } from './public-key.ts'
import { relyingParty } from './relying-party.ts'
import type { PasskeyRow } from './store.ts'
import { countPasskeys, insertPasskey } from './store.ts'

export type Added = {
  readonly row: PasskeyRow
  /** Set where the person had none: shown this once. */
  readonly recoveryCodes: readonly string[] | null
}

type Registered = NonNullable<VerifiedRegistrationResponse['registrationInfo']>

/**
 * Registers what a browser made from an offer (WebAuthn level 3 §7.1). The offer is used up, whatever becomes of it.
 *
 * @throws Refusal IDENTITY_PASSKEY_INVALID, IDENTITY_PASSKEY_TAKEN, IDENTITY_PASSKEYS_FULL, IDENTITY_AUTHENTICATOR_REFUSED, and what `hold` throws.
 */
export async function registerPasskey(
  parts: Parts,
  enrolling: Enrolling,
  { credential, name }: PasskeyRegistration,
  head: RequestHead,
): Promise<Added> {
  const { person, bound, policy } = enrolling
  const attested = readAttested(credential)
  if (attested === null || !(await useChallenge(parts, 'register', bound, attested.client.challenge)))
    throw refuse('IDENTITY_PASSKEY_INVALID')
  const attestation = readAttestation(attested.attestationObject, policy)
  const made = attestation === null ? null : await verify(parts, attested, attestation)
  if (attestation === null || made === null) throw refuse('IDENTITY_PASSKEY_INVALID')
  const now = nowOf(parts)
  const trust = trustOf(attestation, parts.attestationRoots, now)
  const { aaguid } = made
  if (!isWelcome(policy, aaguid, trust)) {
    noteRefusal(parts, enrolling, head)
    throw refuse('IDENTITY_AUTHENTICATOR_REFUSED', { aaguid })
  }
  const id = newId('fac', parts.context.random)
  const row: PasskeyRow = {
    id,
    person_id: person.id,
    organisation_id: person.organisation_id,
    credential_id: Buffer.from(made.credential.id, 'base64url'),
    public_key: Buffer.from(made.credential.publicKey),
    counter: String(made.credential.counter),
    backup_eligible: made.credentialDeviceType === 'multiDevice',
    backup_state: made.credentialBackedUp,
    user_verified: made.userVerified,
    transports: [...attested.transports],
    attachment: attested.attachment,
    aaguid,
    attestation_format: attestation.format,
    attestation_trust: trust,
    name_sealed: await parts.keyring.seal(namePlace(person, id), name),
    created_at: now,
    last_used_at: null,
    clone_suspected_at: null,
  }
  return { row, recoveryCodes: await store(parts, enrolling, row, head) }
}

async function verify(parts: Parts, attested: Attested, { object }: Attestation): Promise<Registered | null> {
  const { id, origin } = relyingParty(parts)
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        id: attested.id,
        rawId: attested.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: attested.clientDataJSON, attestationObject: object },
      },
      expectedChallenge: attested.client.challenge.toString('base64url'),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserPresence: true,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    // §7.1 step 20: the browser's name for it and the authenticator's are one.
    const named = registrationInfo?.credential.id === attested.id
    return named && isSoundKey(registrationInfo.credential.publicKey) ? registrationInfo : null
  } catch {
    // The library throws for whatever does not hold, from a wrong origin to bytes that are no CBOR.
    return null
  }
}

/** @returns the first recovery codes, where there were none. */
async function store(
  parts: Parts,
  { person, bound, hold }: Enrolling,
  row: PasskeyRow,
  { address }: RequestHead,
): Promise<readonly string[] | null> {
  const { database, recorder } = parts.context
  return await database.transaction(async (tx) => {
    // One at a time: two registrations at once would each see room for one.
    await lockPerson(tx, person.id)
    await hold(tx)
    if ((await countPasskeys(tx, person.id)) >= mostPasskeys) throw refuse('IDENTITY_PASSKEYS_FULL')
    // §7.1 step 26: a credential belongs to one person, and is registered once.
    if (!(await insertPasskey(tx, row))) throw refuse('IDENTITY_PASSKEY_TAKEN')
    const about = {
      organisationId: person.organisation_id,
      actor: { kind: 'user', id: person.id } as const,
      subjectId: person.id,
    }
    const { id, aaguid: authenticator, attestation_trust: attestation, backup_eligible: synced } = row
    await recorder.record(tx, event('factor.enrolled', { ...about, data: { factor: 'passkey', id } }))
    await recorder.record(
      tx,
      event('passkey.registered', { ...about, data: { id, authenticator, attestation, synced } }),
    )
    // They were judged by what was enrolled then.
    await endAttemptsOf(tx, person.id, nowOf(parts), bound.kind === 'attempt' ? bound.id : null)
    await notify(parts, tx, person, 'factor-enrolled', { factor: 'passkey', address })
    return await firstRecoveryCodes(parts, tx, person)
  })
}

function noteRefusal(parts: Parts, { person }: Enrolling, { address }: RequestHead): void {
  parts.context.recorder.note(
    event('factor.refused', {
      organisationId: person.organisation_id,
      actor: { kind: 'user', id: person.id },
      subjectId: person.id,
      data: { factor: 'passkey', for: 'enrolment' },
      personal: { address },
    }),
  )
}
