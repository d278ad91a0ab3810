import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'
import { EnvelopeError } from './envelope-error.ts'
import type { KcXaesKey } from './kc-xaes-key.ts'
import { commitmentBytes, nonceBytes } from './kc-xaes-key.ts'
import type { NonceSource } from './nonce.ts'
import { pooledNonce } from './nonce.ts'
import type { EnvelopePlace } from './place.ts'
import { placeRoom, writePlace } from './place.ts'

/** The key that a value is sealed under, and its name in the header. */
export type EnvelopeKey = {
  /** 16 bytes: see `keyIdBytes`. */
  readonly keyId: Uint8Array
  /** Which data key was derived from that key, 1 to 4,294,967,295; 0 where the value is sealed directly under it. */
  readonly number: number
  readonly sealing: KcXaesKey
}

const version = 2
/** KC-XAES-256-GCM, the only suite of version 2. */
const suite = 2

const keyIdAt = 2
const numberAt = 18
const nonceAt = 22
const headerBytes = nonceAt + nonceBytes
const commitmentAt = headerBytes
const ciphertextAt = commitmentAt + commitmentBytes
const tagBytes = 16

/**
 * Header and place as GCM's associated data. One room for every use: nothing here waits, so nobody else writes into it before
 * it was used, and it never holds a secret.
 */
const associated = Buffer.allocUnsafeSlow(headerBytes + placeRoom)
/** The header that is being worked on. */
const header = associated.subarray(0, headerBytes)
const nonce = header.subarray(nonceAt)
/** The half of the nonce that AES-256-GCM takes; the other half went into the message key. */
const gcmNonce = nonce.subarray(nonceBytes - 12)
/** The first `end` bytes of it. Lengths repeat, and a view costs as much as all the writing. */
let view = header
function associatedUpTo(end: number): Buffer {
  if (view.length !== end) view = associated.subarray(0, end)
  return view
}

/** How much longer a sealed value is than its plaintext. */
export const envelopeOverhead = ciphertextAt + tagBytes
/** 1 MiB. Larger things are many values. */
export const maxPlaintextBytes = 1_048_576

/**
 * Seals bytes, or text as UTF-8 (a lone surrogate becomes U+FFFD), for one place. Format: docs/specs/envelope.md.
 *
 * @param plaintext 0 to 1,048,576 bytes.
 * @returns 94 bytes more.
 * @throws RangeError for a larger plaintext, a place out of its limits, or a key whose name is not 16 bytes and a u32.
 */
export function sealEnvelope(
  key: EnvelopeKey,
  place: EnvelopePlace,
  plaintext: string | Uint8Array,
  source: NonceSource = pooledNonce,
): Buffer {
  if (key.keyId.length !== 16) throw new RangeError('a key id has 16 bytes')
  const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext
  if (bytes.length > maxPlaintextBytes) throw new RangeError(`a plaintext has up to ${maxPlaintextBytes} bytes`)

  header[0] = version
  header[1] = suite
  header.set(key.keyId, keyIdAt)
  header.writeUInt32BE(key.number, numberAt)
  const end = writePlace(associated, headerBytes, place)
  source(header, nonceAt)
  const { messageKey, commitment } = key.sealing.derive(nonce)

  const cipher = createCipheriv('aes-256-gcm', messageKey, gcmNonce)
  messageKey.fill(0)
  cipher.setAAD(associatedUpTo(end))
  const ciphertext = cipher.update(bytes)
  cipher.final()

  const sealed = Buffer.allocUnsafe(envelopeOverhead + ciphertext.length)
  sealed.set(header)
  sealed.set(commitment, commitmentAt)
  sealed.set(ciphertext, ciphertextAt)
  sealed.set(cipher.getAuthTag(), ciphertextAt + ciphertext.length)
  return sealed
}

/**
 * Opens what `sealEnvelope` made under this key for exactly this place. Nothing is returned before both the commitment and the
 * tag hold.
 *
 * @throws EnvelopeError for anything else, without saying what; RangeError where the place itself is out of its limits.
 */
export function openEnvelope(key: EnvelopeKey, place: EnvelopePlace, sealed: Uint8Array): Buffer {
  const bytes = checkFrame(sealed)
  // A loop, which for so few bytes is cheaper than a call.
  for (let i = 0; i < headerBytes; i++) header[i] = bytes[i] as number
  if (header.readUInt32BE(numberAt) !== key.number || !names(key.keyId)) throw new EnvelopeError()
  const end = writePlace(associated, headerBytes, place)
  const { messageKey, commitment } = key.sealing.derive(nonce)

  // A GCM tag commits to no key: one ciphertext can be made to open under two.
  if (!timingSafeEqual(commitment, bytes.subarray(commitmentAt, ciphertextAt))) {
    messageKey.fill(0)
    throw new EnvelopeError()
  }
  const tagAt = bytes.length - tagBytes
  const decipher = createDecipheriv('aes-256-gcm', messageKey, gcmNonce)
  messageKey.fill(0)
  decipher.setAAD(associatedUpTo(end))
  decipher.setAuthTag(bytes.subarray(tagAt))
  const plaintext = decipher.update(bytes.subarray(ciphertextAt, tagAt))
  try {
    decipher.final()
  } catch {
    throw new EnvelopeError()
  }
  return plaintext
}

/**
 * Which key a sealed value asks for. Not proven before it opens.
 *
 * @returns the key id as a UUID in lower case (RFC 9562 §4), and the number of the data key.
 * @throws EnvelopeError where the value is too short or too long, or of another version or suite.
 */
export function readKeyName(sealed: Uint8Array): { readonly keyId: string; readonly number: number } {
  const bytes = checkFrame(sealed)
  return { keyId: keyIdText(bytes.subarray(keyIdAt, numberAt)), number: bytes.readUInt32BE(numberAt) }
}

/**
 * Whether these bytes look like an envelope of version 1, which no release ever made and this one does not read. Only for telling a
 * person why a start fails: they are not proven to be one.
 */
export const looksLikeVersion1 = (sealed: Uint8Array): boolean => sealed[0] === 1 && sealed[1] === 1

/** 16 bytes as a UUID in lower case. */
export function keyIdText(keyId: Uint8Array): string {
  const hex = Buffer.from(keyId.buffer, keyId.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A UUID as 16 bytes. @throws RangeError where it is none in lower case. */
export function keyIdBytes(keyId: string): Buffer {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(keyId))
    throw new RangeError('a key id is a UUID in lower case')
  return Buffer.from(keyId.replaceAll('-', ''), 'hex')
}

/** Whether the header has this key id. A loop, which for 16 public bytes is much cheaper than a call. */
function names(keyId: Uint8Array): boolean {
  if (keyId.length !== 16) return false
  for (let i = 0; i < 16; i++) if (header[keyIdAt + i] !== keyId[i]) return false
  return true
}

function checkFrame(sealed: Uint8Array): Buffer {
  if (sealed.length < envelopeOverhead || sealed.length > envelopeOverhead + maxPlaintextBytes)
    throw new EnvelopeError()
  if (sealed[0] !== version || sealed[1] !== suite) throw new EnvelopeError()
  return Buffer.isBuffer(sealed) ? sealed : Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
}
