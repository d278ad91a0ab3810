import { sameBytes } from './sha256.ts'

const subtle = crypto.subtle

// Y coordinates, little-endian, of the eight points whose order divides 8 (both signs of x share one).
const lowOrderY = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
].map(fromHex)

// The field's prime 2^255 − 19 and the group's order (RFC 8032 §5.1), little-endian.
const prime = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')
const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/**
 * Verifies an Ed25519 signature (RFC 8032 §5.1.7) by one rule, whatever the library below: the key and R must be
 * canonical encodings of points that are not of low order, S must be below the group's order, and the equation must hold
 * without the cofactor. Libraries differ on exactly these; what passes here is accepted by all and what is refused by one
 * is refused here.
 *
 * @param publicKey 32 bytes.
 * @returns false for anything malformed.
 */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  if (!isSoundPoint(publicKey) || !isSoundPoint(signature.subarray(0, 32))) return false
  if (!isBelow(signature.subarray(32), order)) return false
  try {
    const key = await subtle.importKey('raw', publicKey as Uint8Array<ArrayBuffer>, 'Ed25519', false, ['verify'])
    return await subtle.verify('Ed25519', key, signature as Uint8Array<ArrayBuffer>, message as Uint8Array<ArrayBuffer>)
  } catch (error) {
    // Some libraries refuse a key that is no point when it is imported. A missing algorithm is not that.
    if (error instanceof DOMException && error.name === 'DataError') return false
    throw error
  }
}

/** True for 32 bytes that are the canonical encoding of a Y coordinate which is not of low order. */
export function isSoundPoint(encoded: Uint8Array): boolean {
  // A copy: `slice` of a Node Buffer would share its memory.
  const y = new Uint8Array(encoded)
  y[31] = (y[31] as number) & 0x7f
  return isBelow(y, prime) && !lowOrderY.some((low) => sameBytes(low, y))
}

/** Compares two little-endian numbers of 32 bytes. Public values only. */
function isBelow(value: Uint8Array, bound: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (value[i] as number) - (bound[i] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

// Not `Uint8Array.fromHex`: the SDK uses this file too, also where Node does not have that.
function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
