import type { EnrolledFactor } from '@custodia/wire/http/factors.ts'
import type { Factor } from '../factors/factor.ts'
import type { Parts } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { newChallenge } from './challenges.ts'
import { namePlace } from './name-place.ts'
import { describe } from './offer.ts'
import { challengeSeconds, relyingParty } from './relying-party.ts'
import type { PasskeyRow } from './store.ts'
import { countPasskeys, deletePasskey, readLastUsed, readPasskeys, writePasskeyName } from './store.ts'
import { verifyAssertion } from './verify-assertion.ts'
import { webauthn } from './webauthn.ts'

/**
 * A passkey that verified its person: two factors at once, and nothing that a false page could pass on. `hwk` (RFC 8176) is said of one
 * that can't leave its authenticator; one that may be copied to the cloud of its maker (WebAuthn §6.1.3) is a key in software.
 */
export const passkey: Factor = {
  kind: 'passkey',
  amr: 'swk',
  amrOf: async (queries, personId) =>
    (await readLastUsed(queries, personId))?.backup_eligible === false ? 'hwk' : 'swk',
  strength: 'phishing-resistant',
  way: async (parts, person) => ((await countPasskeys(parts.context.database.queries, person.id)) > 0 ? '' : null),
  async challenge(parts, { person, flow }) {
    const passkeys = await readPasskeys(parts.context.database.queries, person.id)
    const challenge = await newChallenge(parts, 'prove', flow)
    return { options: await requestOptions(parts, challenge, passkeys), sentTo: null }
  },
  async prove(parts, { person, flow }, proof) {
    if (proof.factor !== 'passkey') return false
    const asked = { purpose: 'prove', bound: flow, personId: person.id } as const
    return (await verifyAssertion(parts, proof.credential, asked)).held
  },
  async list(parts, person) {
    const passkeys = await readPasskeys(parts.context.database.queries, person.id)
    return await Promise.all(passkeys.map((row) => showPasskey(parts, row)))
  },
  rename: async (parts, tx, person, id, name) =>
    await writePasskeyName(tx, person.id, id, await parts.keyring.seal(namePlace(person, id), name)),
  remove: async (_parts, tx, person: PersonRow, id) => await deletePasskey(tx, person.id, id),
}

/** What a browser needs to ask for one of these passkeys; for any that it has where none is named. */
export async function requestOptions(
  parts: Parts,
  challenge: Buffer,
  passkeys: readonly Pick<PasskeyRow, 'credential_id' | 'transports'>[],
): Promise<Record<string, unknown>> {
  const { generateAuthenticationOptions } = await webauthn()
  const options = await generateAuthenticationOptions({
    rpID: relyingParty(parts).id,
    challenge: new Uint8Array(challenge),
    timeout: challengeSeconds * 1_000,
    userVerification: 'required',
    allowCredentials: passkeys.map(describe),
  })
  return { ...options }
}

/** A passkey as its owner sees it. */
export async function showPasskey({ keyring }: Parts, row: PasskeyRow): Promise<EnrolledFactor> {
  const { id, person_id, organisation_id } = row
  const name = await keyring.open(namePlace({ id: person_id, organisation_id }, id), row.name_sealed)
  return {
    id,
    factor: 'passkey',
    name: name.toString(),
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    facts: facts(row),
  }
}

/** By what the browser said when it was made: good enough for a page, and for nothing else. */
function facts({ backup_state, backup_eligible, attachment, transports, clone_suspected_at }: PasskeyRow): string[] {
  const outside = ['usb', 'nfc', 'ble', 'smart-card'].some((transport) => transports.includes(transport))
  const hardware = outside || (attachment === 'cross-platform' && !backup_eligible && !transports.includes('hybrid'))
  return [
    ...(backup_state ? ['synced'] : []),
    ...(hardware ? ['hardware'] : []),
    ...(!hardware && (attachment === 'platform' || transports.includes('internal')) ? ['platform'] : []),
    ...(clone_suspected_at === null ? [] : ['clone-suspected']),
  ]
}
