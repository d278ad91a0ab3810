import type { EnvelopeKey } from '@custodia/wire/envelope/envelope.ts'
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

/** Data keys made ready for the fields of one call, each once, however many fields there are. */
export class ReadyKeys {
  readonly #ready = new Map<string, EnvelopeKey>()

  of({ keyId, number, key }: SealingKey): EnvelopeKey {
    const name = `${keyId} ${number}`
    let ready = this.#ready.get(name)
    if (ready === undefined) {
      ready = { keyId: keyIdBytes(keyId), number, sealing: new KcXaesKey(key) }
      this.#ready.set(name, ready)
    }
    return ready
  }

  /** Overwrites them. */
  forget(): void {
    for (const { sealing } of this.#ready.values()) sealing.forget()
    this.#ready.clear()
  }
}

/** @param plaintext 0 to 1,048,576 bytes. */
export function sealField(key: EnvelopeKey, place: FieldPlace, plaintext: Uint8Array): Uint8Array {
  // The organisation is part of the data key's derivation; the application need not know it.
  return sealEnvelope(key, { organisationId: null, ...place }, plaintext)
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
export function openField(key: EnvelopeKey, place: FieldPlace, sealed: Uint8Array, at: number): Uint8Array {
  return refusing(at, () => openEnvelope(key, { organisationId: null, ...place }, sealed))
}

function refusing<T>(at: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof EnvelopeError) throw new CustodiaError('ENVELOPE_INVALID', { at })
    throw error
  }
}
