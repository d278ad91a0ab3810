import type { KeyObject } from 'node:crypto'
import type { Ed25519PublicKey, KeyAlgorithm, NewKey } from '@custodia/wire/http/keys.ts'
import type { VerifyingKey } from '@custodia/wire/http-signatures/algorithms.ts'
import { isSoundPoint } from '@custodia/wire/ledger/ed25519.ts'
import type { Keyring, Place } from '../keyring/api.ts'
import type { Random } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { makeKey, signingWord } from './key-format.ts'
import type { Owner } from './owner.ts'
import { subjectOf } from './owner.ts'
import { hashSecret } from './secret-hash.ts'

/** Whose the key is, for the place under which its secrets are sealed. */
export type Whose = { readonly id: string; readonly organisationId: string; readonly owner: Owner }

/** What is stored of a signing key, and the secret that is shown once. */
export type MadeSigning = {
  readonly algorithm: KeyAlgorithm
  readonly verifier: Buffer
  readonly signingHash: Buffer | null
  readonly shown: string | null
}

type Needs = { readonly keyring: Keyring; readonly random: Random; readonly pepper: KeyObject }

/**
 * A signing key of its own: never the bearer secret, which the server does not have and whoever signs should not send.
 *
 * @throws Refusal APIKEY_PUBLIC_KEY_INVALID.
 */
export async function makeSigning(
  needs: Needs,
  whose: Whose,
  wanted: NonNullable<NewKey['signing']>,
): Promise<MadeSigning> {
  if (wanted.algorithm === 'ed25519') {
    const verifier = publicKeyBytes(wanted.publicKey)
    return { algorithm: 'ed25519', verifier, signingHash: null, shown: null }
  }
  const { key, secret } = makeKey(needs.random, signingWord, whose.id)
  const verifier = await needs.keyring.seal(placeOf(whose, 'signing'), key)
  return { algorithm: 'hmac-sha256', verifier, signingHash: hashSecret(secret, needs.pepper), shown: key }
}

/** What verifies. @throws Refusal KEY_SHREDDED where the owner was erased. */
export async function openVerifier(
  keyring: Keyring,
  whose: Whose,
  algorithm: KeyAlgorithm,
  verifier: Buffer,
): Promise<VerifyingKey> {
  if (algorithm === 'ed25519') return { algorithm, publicKey: verifier }
  return { algorithm, secret: await keyring.open(placeOf(whose, 'signing'), verifier) }
}

export const placeOf = ({ id, organisationId, owner }: Whose, field: 'name' | 'signing'): Place => ({
  organisationId,
  subjectId: subjectOf(owner),
  collection: 'apikeys.key',
  record: id,
  field,
  schemaVersion: 1,
})

/** @throws Refusal APIKEY_PUBLIC_KEY_INVALID, also for a point under which signatures can be made without the private key. */
function publicKeyBytes(given: Ed25519PublicKey): Buffer {
  const text = typeof given === 'string' ? given : given.x
  const bytes = Buffer.from(text, 'base64url')
  // Only the one spelling of these bytes (RFC 4648 §3.5).
  const sound = bytes.length === 32 && bytes.toString('base64url') === text && isSoundPoint(bytes)
  if (!sound) throw refuse('APIKEY_PUBLIC_KEY_INVALID')
  return bytes
}
