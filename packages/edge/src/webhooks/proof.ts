import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'

/** How something is proven with one secret. `key` is the secret as its scheme reads it. */
export type Proof = (key: Uint8Array, signed: Uint8Array, signature: Uint8Array) => boolean

/** Same length and content, in a time that depends on the length alone. */
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

const hmac =
  (hash: 'sha256' | 'sha1'): Proof =>
  (key, signed, signature) =>
    same(createHmac(hash, key).update(signed).digest(), signature)

/** RFC 2104. SHA-1 is there for Twilio alone: as a keyed hash it has no known weakness. */
export const proofs = {
  'hmac-sha256': hmac('sha256'),
  'hmac-sha1': hmac('sha1'),
  /** RFC 8032; the key is 32 bytes. */
  ed25519: (key, signed, signature) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }
    return signature.length === 64 && verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature)
  },
  /** P-256 with SHA-256, DER; the key is a SubjectPublicKeyInfo. */
  'ecdsa-p256': (key, signed, signature) => {
    const known = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
    return known.asymmetricKeyDetails?.namedCurve === 'prime256v1' && verify('sha256', signed, known, signature)
  },
  /** Nothing is signed: the secret itself comes along. Hashed first, so that not even its length shows. */
  token: (key, _signed, token) => {
    const digest = (value: Uint8Array) => createHmac('sha256', 'custodia webhook token').update(value).digest()
    return timingSafeEqual(digest(key), digest(token))
  },
} as const satisfies Record<string, Proof>

export type ProofName = keyof typeof proofs

const hex = /^(?:[0-9a-f]{2}){1,128}$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Lower-case hexadecimal. Null for anything else: Node would read what it can and drop the rest. */
export const fromHex = (text: string): Uint8Array | null => (hex.test(text) ? Buffer.from(text, 'hex') : null)

/** RFC 4648 §4 with its padding. Null for anything else, and for more than 4,096 characters. */
export const fromBase64 = (text: string): Uint8Array | null =>
  text !== '' && text.length <= 4_096 && base64.test(text) ? Buffer.from(text, 'base64') : null
