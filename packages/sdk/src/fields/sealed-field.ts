import { keyIdBytes, openEnvelope, readKeyName, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { EnvelopeError } from '@custodia/wire/envelope/envelope-error.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'
import type { DataKeyName } from '@custodia/wire/http/keyring.ts'
import { CustodiaError } from '../errors.ts'
import type { SealingKey } from '../keys/data-keys.ts'

/** Where one field of one record stands in an application. */
export type FieldPlace = {
  readonly applicationId: string
  readonly subjectId: string
  readonly collection: string
  readonly record: string
  readonly field: string
  readonly schemaVersion: number
}

/** @param plaintext 0 to 1,048,576 bytes. */
export function sealField(key: SealingKey, place: FieldPlace, plaintext: Uint8Array): Uint8Array {
  const { keyId, number, key: secret } = key
  // The organisation is part of the data key's derivation; the application need not know it.
  return sealEnvelope({ keyId: keyIdBytes(keyId), number, sealing: new KcXaesKey(secret) }, { organisationId: null, ...place }, plaintext)
}

/**
 * The data key that a sealed field asks for.
 *
 * @throws CustodiaError ENVELOPE_INVALID, also for what the server has sealed for itself.
 */
export function keyNameOf(sealed: Uint8Array, at: number): DataKeyName {
  if (!(sealed instanceof Uint8Array)) throw new CustodiaError('INPUT_INVALID', { field: 'fields', at })
  const name = refusing(at, () => readKeyName(sealed))
  if (name.number === 0) throw new CustodiaError('ENVELOPE_INVALID', { at })
  return name
}

/** @throws CustodiaError ENVELOPE_INVALID */
export function openField(key: SealingKey, place: FieldPlace, sealed: Uint8Array, at: number): Uint8Array {
  const { keyId, number, key: secret } = key
  const named = { keyId: keyIdBytes(keyId), number, sealing: new KcXaesKey(secret) }
  return refusing(at, () => openEnvelope(named, { organisationId: null, ...place }, sealed))
}

function refusing<T>(at: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof EnvelopeError) throw new CustodiaError('ENVELOPE_INVALID', { at })
    throw error
  }
}
