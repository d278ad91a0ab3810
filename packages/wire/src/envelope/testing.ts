import type { EnvelopePlace } from './place.ts'

// The format computed a second time, by other means: WebCrypto and byte lists, straight from docs/specs/envelope.md.

const utf8 = new TextEncoder()
const u16 = (value: number) => [value >>> 8, value & 255]
const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const text = (value: string | null) => {
  const bytes = utf8.encode(value ?? '')
  return [...u16(bytes.length), ...bytes]
}

export const labelBytes = (label: string) => [label.length, ...utf8.encode(label)]
export const textBytes = text
export const numberBytes = u32

export const placeBytes = (place: EnvelopePlace): number[] => [
  ...text(place.organisationId),
  ...text(place.applicationId),
  ...text(place.subjectId),
  ...text(place.collection),
  ...text(place.record),
  ...text(place.field),
  ...u32(place.schemaVersion),
]

/** T(1) of HKDF-Expand with SHA-512. */
export async function expandAgain(key: Uint8Array, info: readonly number[]): Promise<Uint8Array> {
  const hmac = await crypto.subtle.importKey('raw', own(key), { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', hmac, Uint8Array.from([...info, 1])))
}

export async function sealAgain(
  key: { readonly keyId: Uint8Array; readonly number: number; readonly secret: Uint8Array },
  place: EnvelopePlace,
  plaintext: Uint8Array,
  salt: Uint8Array,
): Promise<Uint8Array> {
  const header = [1, 1, ...key.keyId, ...u32(key.number), ...salt]
  const okm = await expandAgain(key.secret, [...labelBytes('custodia envelope v1'), ...header, ...placeBytes(place)])
  const aes = await crypto.subtle.importKey('raw', own(okm.subarray(0, 32)), 'AES-GCM', false, ['encrypt'])
  const parameters = { name: 'AES-GCM', iv: own(salt.subarray(20)), additionalData: Uint8Array.from(header) }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, aes, own(plaintext)))
  return Uint8Array.from([...header, ...okm.subarray(32), ...sealed])
}

const own = (bytes: Uint8Array) => Uint8Array.from(bytes)
