import type { PasskeyOffer, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { openPerson } from '../show-user.ts'
import type { PersonRow } from '../store.ts'
import { readOrganisationName } from '../store.ts'
import type { Bound } from './challenges.ts'
import { newChallenge } from './challenges.ts'
import { challengeSeconds, relyingParty } from './relying-party.ts'
import type { PasskeyRow } from './store.ts'
import { ensureHandle, readPasskeys } from './store.ts'
import { webauthn } from './webauthn.ts'

/** Somebody who may enrol a passkey now, and what their challenge is bound to. */
export type Enrolling = {
  readonly person: PersonRow
  readonly bound: Bound
  readonly policy: SignInPolicy
  /** Called in the transaction that enrols, with the person's row locked. Throws where it must not happen. */
  hold(tx: Queries): Promise<void>
}

export const mostPasskeys = 20

/** ES256, EdDSA, and RS256 for the TPMs that have nothing else, by their numbers (RFC 9053 §2, RFC 8812 §2). */
export const algorithms = [-7, -8, -257]

/**
 * What a browser needs to make a passkey: one that signs in without a user name, and that verifies the person every time, since it
 * stands for two factors.
 *
 * @throws Refusal IDENTITY_PASSKEYS_FULL
 */
export async function offerPasskey(parts: Parts, { person, bound, policy }: Enrolling): Promise<PasskeyOffer> {
  const { queries } = parts.context.database
  const passkeys = await readPasskeys(queries, person.id)
  if (passkeys.length >= mostPasskeys) throw refuse('IDENTITY_PASSKEYS_FULL')
  const [organisation, { email, name }, handle, challenge] = await Promise.all([
    readOrganisationName(queries, person.organisation_id),
    openPerson(parts, person),
    ensureHandle(queries, person.id, parts.context.random.bytes(64)),
    newChallenge(parts, 'register', bound),
  ])
  const { generateRegistrationOptions } = await webauthn()
  const options = await generateRegistrationOptions({
    rpName: organisation,
    rpID: relyingParty(parts).id,
    userName: email,
    userDisplayName: name,
    userID: new Uint8Array(handle),
    challenge: new Uint8Array(challenge),
    timeout: challengeSeconds * 1_000,
    excludeCredentials: passkeys.map(describe),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  })
  // The library has no name for `indirect`.
  return { options: { ...options, attestation: policy.attestation } }
}

/** A passkey as options name it. */
export const describe = ({ credential_id, transports }: Pick<PasskeyRow, 'credential_id' | 'transports'>) => ({
  id: credential_id.toString('base64url'),
  transports,
})
