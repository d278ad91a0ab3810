import type { Credential } from '@custodia/wire/http/factors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { Bound } from './challenges.ts'
import { useChallenge } from './challenges.ts'
import type { Asserted } from './credential.ts'
import { readAsserted } from './credential.ts'
import { relyingParty } from './relying-party.ts'
import type { PasskeyRow, Use } from './store.ts'
import { holdPasskey, readByCredential, readHandle, writeCloneSuspected, writeUncounted, writeUse } from './store.ts'
import { webauthn } from './webauthn.ts'

/** Why an assertion was refused, for the ledger alone. */
export type Reason =
  | 'passkey-malformed'
  | 'passkey-challenge'
  | 'passkey-unknown'
  | 'passkey-handle'
  | 'passkey-invalid'
  | 'passkey-changed'
  | 'passkey-clone'

export type Verified =
  | { readonly held: true; readonly passkey: PasskeyRow }
  | { readonly held: false; readonly reason: Reason; readonly passkey: PasskeyRow | null }

type Asked = {
  readonly purpose: 'prove' | 'sign-in'
  readonly bound: Bound
  /** Whose passkey it must be; null where it says itself who is there. */
  readonly personId: string | null
}

/**
 * Verifies an assertion (WebAuthn level 3 §7.2) and writes its use down. Its challenge is used up first, in a statement that commits:
 * of many at once one goes on.
 */
export async function verifyAssertion(parts: Parts, credential: Credential, asked: Asked): Promise<Verified> {
  const { queries } = parts.context.database
  const refused = (reason: Reason, passkey: PasskeyRow | null = null) => ({ held: false, reason, passkey }) as const
  const asserted = readAsserted(credential)
  if (asserted === null) return refused('passkey-malformed')
  if (!(await useChallenge(parts, asked.purpose, asked.bound, asserted.client.challenge)))
    return refused('passkey-challenge')
  const passkey = await readByCredential(queries, asserted.credentialId)
  if (passkey === null || (asked.personId !== null && passkey.person_id !== asked.personId))
    return refused('passkey-unknown', passkey)
  if (!(await handleHolds(parts, asserted, passkey, asked))) return refused('passkey-handle', passkey)
  const use = await verify(parts, asserted, passkey)
  if (use === null) return refused('passkey-invalid', passkey)
  if (await writeUse(queries, passkey.id, use, nowOf(parts))) return { held: true, passkey }
  return await suspect(parts, passkey, use)
}

/** §7.2 step 6: who signs in without a name is named by the handle, so that it must be there. */
async function handleHolds(
  parts: Parts,
  { userHandle }: Asserted,
  passkey: PasskeyRow,
  asked: Asked,
): Promise<boolean> {
  if (userHandle === null) return asked.personId !== null
  const handle = await readHandle(parts.context.database.queries, passkey.person_id)
  return handle?.equals(userHandle) ?? false
}

async function verify(parts: Parts, asserted: Asserted, passkey: PasskeyRow): Promise<Use | null> {
  const { id, origin } = relyingParty(parts)
  const { clientDataJSON, authenticatorData, signature } = asserted
  const { verifyAuthenticationResponse } = await webauthn()
  const { isWholeSignature } = await import('./public-key.ts')
  try {
    const publicKey = new Uint8Array(passkey.public_key)
    if (!isWholeSignature(publicKey, Buffer.from(signature, 'base64url'))) return null
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: asserted.id,
        rawId: asserted.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: asserted.client.challenge.toString('base64url'),
      expectedOrigin: origin,
      expectedRPID: id,
      // Zero, so that the library leaves the counter alone: what is written down decides, in one statement.
      credential: { id: asserted.id, publicKey, counter: 0 },
      requireUserVerification: true,
    })
    if (!verified) return null
    return {
      counter: authenticationInfo.newCounter,
      backupEligible: authenticationInfo.credentialDeviceType === 'multiDevice',
      backupState: authenticationInfo.credentialBackedUp,
    }
  } catch {
    return null
  }
}

/**
 * The signature holds, and the counter did not go forward: somebody else may have a copy of the key (§6.1.1). The warning stays. What
 * is synced has several holders by design and goes on; what must not leave its device is refused.
 */
async function suspect(parts: Parts, { id }: PasskeyRow, use: Use): Promise<Verified> {
  const { database, recorder } = parts.context
  const now = nowOf(parts)
  return await database.transaction(async (tx) => {
    const passkey = await holdPasskey(tx, id)
    // §7.2 step 19: whether it may be backed up is decided when it is made.
    if (passkey === null || passkey.backup_eligible !== use.backupEligible)
      return { held: false, reason: 'passkey-changed', passkey } as const
    if (passkey.clone_suspected_at === null) {
      await writeCloneSuspected(tx, id, now)
      const { organisation_id: organisationId, person_id: subjectId, backup_eligible: synced } = passkey
      const data = { id, synced }
      await recorder.record(
        tx,
        event('passkey.clone-suspected', { organisationId, actor: { kind: 'anonymous' }, subjectId, data }),
      )
    }
    if (!passkey.backup_eligible) return { held: false, reason: 'passkey-clone', passkey } as const
    await writeUncounted(tx, id, use, now)
    return { held: true, passkey } as const
  })
}
