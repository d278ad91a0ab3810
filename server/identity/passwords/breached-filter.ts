import { createHash } from 'node:crypto'

/**
 * A set of passwords as a binary fuse filter: a member is always found, and one stranger in 65,536 is taken for a member.
 * Format: docs/specs/breached-filter.md.
 */
export type BreachedFilter = {
  /** How many passwords it was made from. */
  readonly entries: number
  /** Three reads and one SHA-1, however many it holds. */
  has(text: string): boolean
}

export const magic = Buffer.from('custbf01')
export const headerBytes = 32
export const maxEntries = 50_000_000
/** Of 2^18 slots at most, as in the authors' own code. */
export const maxSegmentBits = 18

/** Where a key may lie, and what lies there. */
export type Shape = { readonly seed: number; readonly segmentBits: number; readonly segmentCount: number }

/** Two words of 32 bits: the first eight bytes of a SHA-1. It only spreads keys here; lists are published in this form. */
export function keyOf(text: string): readonly [number, number] {
  const digest = createHash('sha1').update(text).digest()
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)]
}

/** Slots of a key and its fingerprint of 16 bits. One slot in each of three neighbouring segments. */
export function slotsOf(
  a: number,
  b: number,
  { seed, segmentBits, segmentCount }: Shape,
): readonly [first: number, second: number, third: number, fingerprint: number] {
  const x = mix(a ^ seed)
  const y = mix(b ^ x)
  const z = mix(a ^ y)
  const first = x % (segmentCount * 2 ** segmentBits)
  const segment = first >>> segmentBits
  const mask = 2 ** segmentBits - 1
  const within = (one: number, offset: number) => (segment + offset) * 2 ** segmentBits + (one & mask)
  return [first, within(y, 1), within(z, 2), mix(b ^ z) & 0xffff]
}

/** The finaliser of MurmurHash3 (public domain): every bit of the input moves every bit of the output. */
function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export const checksumOf = (slots: Uint8Array) => createHash('sha256').update(slots).digest().subarray(0, 8)

/**
 * Reads a filter; the bytes stay in use.
 *
 * @throws Error with a reason in words: another format, cut off, or changed.
 */
export function readBreachedFilter(bytes: Buffer): BreachedFilter {
  if (bytes.length < headerBytes || !bytes.subarray(0, 8).equals(magic)) throw new Error('it is not a filter')
  const entries = bytes.readUInt32BE(12)
  const shape = {
    seed: bytes.readUInt32BE(8),
    segmentCount: bytes.readUInt32BE(16),
    segmentBits: bytes.readUInt32BE(20),
  }
  const { segmentBits, segmentCount } = shape
  if (entries > maxEntries || segmentBits > maxSegmentBits || segmentCount < 1 || segmentCount > 2 ** 28)
    throw new Error('its header is wrong')
  const slots = bytes.subarray(headerBytes)
  if (slots.length !== 2 * (segmentCount + 2) * 2 ** segmentBits)
    throw new Error('it is cut off, or longer than it says')
  if (!checksumOf(slots).equals(bytes.subarray(24, headerBytes))) throw new Error('it was changed after it was made')
  return {
    entries,
    has(text) {
      const [first, second, third, fingerprint] = slotsOf(...keyOf(text), shape)
      const at = (slot: number) => slots.readUInt16BE(2 * slot)
      return entries > 0 && (at(first) ^ at(second) ^ at(third)) === fingerprint
    },
  }
}
