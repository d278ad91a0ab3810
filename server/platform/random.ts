import { randomFillSync } from 'node:crypto'

/** Where randomness comes from. Vectors pass a fixed one; nothing else may. */
export type Random = {
  /** `length` fresh bytes that no other caller holds. */
  bytes(length: number): Buffer
}

const pool = Buffer.allocUnsafe(8192)
let used = pool.length

/** The system's generator, read in blocks: one call to the kernel serves many small requests. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > 1024) return randomFillSync(Buffer.allocUnsafe(length))
    if (used + length > pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const bytes = Buffer.from(pool.subarray(used, used + length))
    pool.fill(0, used, used + length)
    used += length
    return bytes
  },
}

// RFC 4648 §6 in lower case; no padding. 26 characters carry 128 bits.
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** Bytes as lower-case base32 without padding (RFC 4648 §6). */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      text += alphabet[(value >>> (bits - 5)) & 31]
      bits -= 5
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text
}

/** An identifier that carries its kind, as in `usr_3q2x…`: 128 random bits. */
export function newId(kind: string, random: Random = systemRandom): string {
  return `${kind}_${base32(random.bytes(16))}`
}
