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

/** AES-256 of one block. WebCrypto has no bare block cipher: the first block of CBC with a zero IV is one. */
async function aesAgain(key: Uint8Array, block: readonly number[]): Promise<number[]> {
  const aes = await crypto.subtle.importKey('raw', own(key), 'AES-CBC', false, ['encrypt'])
  const sealed = await crypto.subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, aes, Uint8Array.from(block))
  return [...new Uint8Array(sealed, 0, 16)]
}

/** AES-CMAC as NIST SP 800-38B §6.2 has it, for messages of whole blocks. */
async function cmacAgain(key: Uint8Array, message: readonly number[]): Promise<number[]> {
  const l = BigInt(`0x${hexAgain(await aesAgain(key, new Array(16).fill(0)))}`)
  const k1 = ((l << 1n) & ((1n << 128n) - 1n)) ^ (l >> 127n === 1n ? 0x87n : 0n)
  const mask = [...Buffer.from(k1.toString(16).padStart(32, '0'), 'hex')]
  let chain: number[] = new Array(16).fill(0)
  for (let at = 0; at < message.length; at += 16) {
    const last = at + 16 === message.length
    const block = chain.map((byte, i) => byte ^ (message[at + i] as number) ^ (last ? (mask[i] as number) : 0))
    chain = await aesAgain(key, block)
  }
  return chain
}

/** Message key and commitment, each as two CMACs of whole messages. */
export async function deriveAgain(key: Uint8Array, nonce: Uint8Array) {
  const [n1, n2] = [nonce.subarray(0, 12), nonce.subarray(12)]
  const kdf = (i: number) => cmacAgain(key, [...u16(i), ...utf8.encode('X'), 0, ...n1])
  const half = (i: number) => cmacAgain(key, [...utf8.encode('XCMT'), ...n1, ...n2, ...u16(1), ...u16(i)])
  return {
    messageKey: Uint8Array.from([...(await kdf(1)), ...(await kdf(2))]),
    commitment: Uint8Array.from([...(await half(1)), ...(await half(2))]),
  }
}

export async function sealAgain(
  key: { readonly keyId: Uint8Array; readonly number: number; readonly secret: Uint8Array },
  place: EnvelopePlace,
  plaintext: Uint8Array,
  nonce: Uint8Array,
): Promise<Uint8Array> {
  const header = [2, 2, ...key.keyId, ...u32(key.number), ...nonce]
  const { messageKey, commitment } = await deriveAgain(key.secret, nonce)
  const aes = await crypto.subtle.importKey('raw', own(messageKey), 'AES-GCM', false, ['encrypt'])
  const additionalData = Uint8Array.from([...header, ...placeBytes(place)])
  const parameters = { name: 'AES-GCM', iv: own(nonce.subarray(12)), additionalData }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, aes, own(plaintext)))
  return Uint8Array.from([...header, ...commitment, ...sealed])
}

const hexAgain = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex')
const own = (bytes: Uint8Array) => Uint8Array.from(bytes)
