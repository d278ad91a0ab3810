import type { KeyObject } from 'node:crypto'
import { createHmac, createPublicKey, sign, timingSafeEqual, verify } from 'node:crypto'
import { isSoundPoint } from '../ledger/ed25519.ts'

/** @property secret 32 to 1,024 bytes. RFC 2104 §3: shorter than the hash is weaker than the hash. */
export type HmacKey = { readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array }
/** @property publicKey the 32 bytes of RFC 8032 §5.1.5; `ed25519PublicKey` reads them from PEM. */
export type Ed25519Key = { readonly algorithm: 'ed25519'; readonly publicKey: Uint8Array }

export type VerifyingKey = HmacKey | Ed25519Key
export type SigningKey = HmacKey | { readonly algorithm: 'ed25519'; readonly privateKey: KeyObject }

type Algorithm<Signing, Verifying> = {
  sign(key: Signing, base: Uint8Array): Uint8Array
  holds(key: Verifying, base: Uint8Array, signature: Uint8Array): boolean
}

/** RFC 9421 §3.3. The key says which one, never the message alone. */
const algorithms: {
  readonly [Name in VerifyingKey['algorithm']]: Algorithm<
    Extract<SigningKey, { algorithm: Name }>,
    Extract<VerifyingKey, { algorithm: Name }>
  >
} = {
  'hmac-sha256': {
    sign: hmac,
    holds(key, base, signature) {
      const expected = hmac(key, base)
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    },
  },
  ed25519: {
    sign({ privateKey }, base) {
      if (privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('the private key is not an Ed25519 key')
      return sign(null, base, privateKey)
    },
    holds({ publicKey }, base, signature) {
      // Under a key of low order a signature can be made without the private key; OpenSSL 3.0 lets it pass.
      if (publicKey.length !== 32 || signature.length !== 64 || !isSoundPoint(publicKey)) return false
      const key = createPublicKey({ key: Buffer.concat([spkiHead, publicKey]), format: 'der', type: 'spki' })
      return verify(null, base, key, signature)
    },
  },
}

/**
 * The signature of a base: 32 bytes for HMAC, 64 for Ed25519. Both are deterministic.
 *
 * @throws TypeError or RangeError where the key is not what it says.
 */
export const makeSignature = (key: SigningKey, base: string): Uint8Array =>
  (algorithms[key.algorithm] as Algorithm<SigningKey, VerifyingKey>).sign(key, Buffer.from(base, 'ascii'))

/** @returns false for a signature of the wrong length, and for a public key that is no point to be trusted. */
export const signatureHolds = (key: VerifyingKey, base: string, signature: Uint8Array): boolean =>
  (algorithms[key.algorithm] as Algorithm<SigningKey, VerifyingKey>).holds(key, Buffer.from(base, 'ascii'), signature)

/**
 * The 32 bytes of an Ed25519 public key in PEM (SPKI).
 *
 * @throws TypeError for anything else, private keys included, and for a point of low order.
 */
export function ed25519PublicKey(pem: string): Uint8Array {
  // A private key would be taken too, and its public half used: whoever passes one around should hear of it.
  if (!/^-----BEGIN PUBLIC KEY-----\s/.test(pem)) throw new TypeError('not a public key in PEM')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw new TypeError('not a public key in PEM')
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key')
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(spkiHead.length))
  if (!isSoundPoint(bytes)) throw new TypeError('not a sound Ed25519 key')
  return bytes
}

/** RFC 8410 §4: what stands before the 32 bytes in a SubjectPublicKeyInfo. */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

function hmac({ secret }: HmacKey, base: Uint8Array): Uint8Array {
  if (secret.length < 32 || secret.length > 1_024) throw new RangeError('an HMAC secret has 32 to 1,024 bytes')
  return createHmac('sha256', secret).update(base).digest()
}
