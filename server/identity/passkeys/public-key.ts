import { createPublicKey } from 'node:crypto'
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'

const fewestModulusBits = 2_048

/**
 * Whether a COSE_Key (RFC 9052 §7) is one that can be verified with: the library takes the bytes of a new key as they come, so that a
 * point beside the curve or a short modulus would be noticed only later, or never.
 */
export function isSoundKey(publicKey: Uint8Array<ArrayBuffer>): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: jwkOf(publicKey), format: 'jwk' })
    return (asymmetricKeyDetails?.modulusLength ?? fewestModulusBits) >= fewestModulusBits
  } catch {
    return false
  }
}

/**
 * Whether a signature is spelled as its kind of key spells it: the library passes over what follows the end of an ECDSA signature's DER
 * (RFC 3279 §2.2.3), so that one signature could be sent in many forms.
 */
export function isWholeSignature(publicKey: Uint8Array<ArrayBuffer>, signature: Uint8Array): boolean {
  if (!cose.isCOSEPublicKeyEC2(decodeCredentialPublicKey(publicKey))) return true
  // With P-256 a sequence has up to 70 bytes, so that its length is one byte (X.690 §8.1.3.4).
  return signature[0] === 0x30 && signature[1] === signature.length - 2
}

function jwkOf(publicKey: Uint8Array<ArrayBuffer>): Record<string, string> {
  const key = decodeCredentialPublicKey(publicKey)
  if (cose.isCOSEPublicKeyEC2(key)) {
    if (key.get(cose.COSEKEYS.crv) !== cose.COSECRV.P256) throw new RangeError('not the curve of ES256')
    return { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x), 32), y: text(key.get(cose.COSEKEYS.y), 32) }
  }
  if (cose.isCOSEPublicKeyOKP(key)) {
    if (key.get(cose.COSEKEYS.crv) !== cose.COSECRV.ED25519) throw new RangeError('not the curve of EdDSA')
    return { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x), 32) }
  }
  if (!cose.isCOSEPublicKeyRSA(key)) throw new RangeError('no kind of key that was asked for')
  return { kty: 'RSA', n: text(key.get(cose.COSEKEYS.n), null), e: text(key.get(cose.COSEKEYS.e), null) }
}

function text(bytes: Uint8Array | undefined, length: number | null): string {
  if (!(bytes instanceof Uint8Array) || (length !== null && bytes.length !== length))
    throw new RangeError('a short key')
  return Buffer.from(bytes).toString('base64url')
}
