import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Shape } from './breached-filter.ts'
import { checksumOf, headerBytes, keyOf, magic, maxEntries, maxSegmentBits, slotsOf } from './breached-filter.ts'
import { fold } from './fold.ts'

/** What was read, and what of it could not be used. */
export type BuiltFilter = { readonly bytes: Buffer; readonly entries: number; readonly skipped: number }

/** SHA-1 in hexadecimal, with or without a count, as lists of breached passwords are handed around. */
const digestLine = /^([0-9a-f]{16})[0-9a-f]{24}(?::\d+)?$/i
const maxLine = 1_024
/** Each try has another seed. Three in four succeed at once; a hundred failures mean that the code is wrong. */
const maxTries = 100

/**
 * Makes a filter of a list: a password a line in UTF-8, or its SHA-1 in 40 hexadecimal digits. The same list makes the same bytes.
 * Empty lines, and those that are no text or over 1,024 characters, are left out.
 *
 * @throws Error where the list can't be read, or holds more than 50,000,000 different passwords.
 */
export async function buildBreachedFilter(list: string): Promise<BuiltFilter> {
  let keys = new BigUint64Array(1 << 14)
  let count = 0
  let skipped = 0
  for await (const line of createInterface({ input: createReadStream(list), crlfDelay: Number.POSITIVE_INFINITY })) {
    const key = keyOfLine(line)
    if (key === null) {
      if (line !== '') skipped += 1
      continue
    }
    if (count === keys.length) {
      if (count >= 2 * maxEntries) throw new Error(`The list has more than ${maxEntries} entries.`)
      const larger = new BigUint64Array(2 * keys.length)
      larger.set(keys)
      keys = larger
    }
    keys[count] = key
    count += 1
  }
  const different = distinct(keys.subarray(0, count))
  if (different.length > maxEntries) throw new Error(`The list has more than ${maxEntries} entries.`)
  return { bytes: fill(different), entries: different.length, skipped }
}

function keyOfLine(line: string): bigint | null {
  if (line === '' || line.length > maxLine || line.includes('\ufffd')) return null
  const digest = digestLine.exec(line)?.[1]
  if (digest !== undefined) return BigInt(`0x${digest}`)
  const [a, b] = keyOf(fold(line))
  return (BigInt(a) << 32n) | BigInt(b)
}

function distinct(keys: BigUint64Array): BigUint64Array {
  keys.sort()
  let kept = 0
  for (const key of keys) if (kept === 0 || keys[kept - 1] !== key) keys[kept++] = key
  return keys.subarray(0, kept)
}

/** T. M. Graf, D. Lemire, “Binary fuse filters”, JEA 27 (2022), with three segments: their sizes are those of its section 4. */
function sizesFor(entries: number): Pick<Shape, 'segmentBits' | 'segmentCount'> {
  const n = Math.max(entries, 2)
  const segmentBits = Math.min(Math.floor(Math.log(n) / Math.log(3.33) + 2.25), maxSegmentBits)
  const slots = Math.round(n * Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(n)))
  return { segmentBits, segmentCount: Math.max(1, Math.ceil(slots / 2 ** segmentBits) - 2) }
}

function fill(keys: BigUint64Array): Buffer {
  const halves = new Uint32Array(2 * keys.length)
  for (const [index, key] of keys.entries()) {
    halves[2 * index] = Number(key >> 32n)
    halves[2 * index + 1] = Number(key & 0xffff_ffffn)
  }
  const sizes = sizesFor(keys.length)
  for (let seed = 1; seed <= maxTries; seed++) {
    const shape = { seed, ...sizes }
    const peeled = peel(halves, shape)
    if (peeled !== null) return write(halves, shape, peeled)
  }
  throw new Error('No seed fits this list.')
}

type Peeled = { readonly keys: Uint32Array; readonly slots: Uint32Array }

/**
 * Takes away, one after the other, a key that has a slot to itself.
 *
 * @returns keys and their own slots in that order; null where some keys hold each other fast.
 */
function peel(halves: Uint32Array, shape: Shape): Peeled | null {
  const total = halves.length / 2
  const slots = (shape.segmentCount + 2) * 2 ** shape.segmentBits
  const counts = new Uint16Array(slots)
  const indexes = new Uint32Array(slots)
  const change = (index: number, by: 1 | -1, then: (slot: number) => void) => {
    const [first, second, third] = slotsOf(halves[2 * index] as number, halves[2 * index + 1] as number, shape)
    for (const slot of [first, second, third]) {
      counts[slot] = (counts[slot] as number) + by
      indexes[slot] = (indexes[slot] as number) ^ index
      then(slot)
    }
  }
  for (let index = 0; index < total; index++) change(index, 1, () => {})
  const single: number[] = []
  const alone = (slot: number) => {
    if (counts[slot] === 1) single.push(slot)
  }
  const order = { keys: new Uint32Array(total), slots: new Uint32Array(total) }
  let taken = 0
  for (let start = 0; start < slots; start++) {
    alone(start)
    for (let slot = single.pop(); slot !== undefined; slot = single.pop()) {
      if (counts[slot] !== 1) continue
      const index = indexes[slot] as number
      order.keys[taken] = index
      order.slots[taken] = slot
      taken += 1
      change(index, -1, alone)
    }
  }
  return taken === total ? order : null
}

/** In the reverse order each key finds its own slot free, and sets it so that its three give its fingerprint. */
function write(halves: Uint32Array, shape: Shape, order: Peeled): Buffer {
  const values = new Uint16Array((shape.segmentCount + 2) * 2 ** shape.segmentBits)
  for (let at = order.keys.length - 1; at >= 0; at--) {
    const index = order.keys[at] as number
    const own = order.slots[at] as number
    const [a, b, c, fingerprint] = slotsOf(halves[2 * index] as number, halves[2 * index + 1] as number, shape)
    values[own] = 0
    values[own] = fingerprint ^ (values[a] as number) ^ (values[b] as number) ^ (values[c] as number)
  }
  const bytes = Buffer.alloc(headerBytes + 2 * values.length)
  magic.copy(bytes)
  for (const [index, word] of [shape.seed, halves.length / 2, shape.segmentCount, shape.segmentBits].entries())
    bytes.writeUInt32BE(word, 8 + 4 * index)
  for (const [slot, value] of values.entries()) bytes.writeUInt16BE(value, headerBytes + 2 * slot)
  checksumOf(bytes.subarray(headerBytes)).copy(bytes, 24)
  return bytes
}
