import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  consistencyRanges,
  inclusionRanges,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts'

type Vector = {
  path: string
  wantErr: boolean
  proof: string[] | null
  root: string | null
  leafHash: string | null
  leafIdx: number
  treeSize: number
  root1: string | null
  root2: string | null
  size1: number
  size2: number
  start: number
  end: number
  size: number
}

const vectors = (name: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'))
const bytes = (text: string | null) => new Uint8Array(Buffer.from(text ?? '', 'base64'))
const path = (vector: Vector) => (vector.proof ?? []).map(bytes)

const kinds = {
  inclusion: (v: Vector) =>
    verifyInclusion({
      index: v.leafIdx,
      size: v.treeSize,
      leaf: bytes(v.leafHash),
      path: path(v),
      root: bytes(v.root),
    }),
  subtreeinclusion: (v: Vector) =>
    verifySubtreeInclusion({
      index: v.leafIdx,
      start: v.start,
      end: v.end,
      leaf: bytes(v.leafHash),
      path: path(v),
      root: bytes(v.root),
    }),
  consistency: (v: Vector) =>
    verifyConsistency({
      from: v.size1,
      to: v.size2,
      fromRoot: bytes(v.root1),
      toRoot: bytes(v.root2),
      path: path(v),
    }),
  subtreeconsistency: (v: Vector) =>
    verifySubtreeConsistency({
      start: v.start,
      end: v.end,
      size: v.size,
      subtreeRoot: bytes(v.root1),
      root: bytes(v.root2),
      path: path(v),
    }),
}

for (const [kind, verify] of Object.entries(kinds)) {
  test(`every public ${kind} proof is accepted or refused as its author says`, async () => {
    const all = vectors(kind)
    assert.ok(all.length >= 35)
    for (const vector of all) assert.equal(await verify(vector), !vector.wantErr, vector.path)
  })
}

// RFC 6962 §2.1 word for word: recursive, quadratic, and sharing nothing with the code under test.
const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
function naiveRoot(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256()
  if (entries.length === 1) return sha256(Uint8Array.of(0), entries[0] as Uint8Array)
  const k = 2 ** (Math.ceil(Math.log2(entries.length)) - 1)
  return sha256(Uint8Array.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)))
}
const entriesOf = (size: number) => Array.from({ length: size }, (_, i) => new TextEncoder().encode(`entry ${i}`))

test('the root of a tree of any size is the one that the RFC defines', async () => {
  const sizes = fc.integer({ min: 0, max: 600 })
  await fc.assert(
    fc.asyncProperty(sizes, async (size) => {
      const entries = entriesOf(size)
      const leaves = entries.map((entry) => sha256(Uint8Array.of(0), entry))
      assert.deepEqual(await rootOf(leaves, sha256), naiveRoot(entries))
    }),
    { numRuns: 60 },
  )
})

test('Web Cryptography and node:crypto hash alike', async () => {
  const [a, b] = entriesOf(2) as [Uint8Array, Uint8Array]
  assert.deepEqual(await leafHash(a), sha256(Uint8Array.of(0), a))
  assert.deepEqual(await nodeHash(a, b), sha256(Uint8Array.of(1), a, b))
  assert.deepEqual(await rootOf([]), sha256())
})

const claim = fc
  .integer({ min: 1, max: 300 })
  .chain((size) =>
    fc.record({ size: fc.constant(size), index: fc.nat(size - 1), from: fc.integer({ min: 1, max: size }) }),
  )

test('the proofs that are asked for verify, and no longer once any bit of them changes', async () => {
  await fc.assert(
    fc.asyncProperty(claim, fc.nat(), async ({ size, index, from }, flip) => {
      const entries = entriesOf(size)
      const range = ([start, end]: [number, number]) => naiveRoot(entries.slice(start, end))
      const inclusion = {
        index,
        size,
        leaf: sha256(Uint8Array.of(0), entries[index] as Uint8Array),
        path: inclusionRanges(index, size).map(range),
        root: naiveRoot(entries),
      }
      assert.equal(await verifyInclusion(inclusion, sha256), true)
      const consistency = {
        from,
        to: size,
        fromRoot: naiveRoot(entries.slice(0, from)),
        toRoot: naiveRoot(entries),
        path: consistencyRanges(from, size).map(range),
      }
      assert.equal(await verifyConsistency(consistency, sha256), true)
      assert.equal(await verifyInclusion({ ...inclusion, path: flipped(inclusion.path, flip) }, sha256), size === 1)
      assert.equal(
        await verifyConsistency({ ...consistency, path: flipped(consistency.path, flip) }, sha256),
        consistency.path.length === 0,
      )
      const other = (index + 1) % size
      assert.equal(await verifyInclusion({ ...inclusion, index: other }, sha256), size === 1)
    }),
    { numRuns: 60 },
  )
})

function flipped(path: readonly Uint8Array[], flip: number): Uint8Array[] {
  const copy = path.map((hash) => hash.slice())
  const hash = copy[flip % Math.max(1, copy.length)]
  if (hash !== undefined) hash[flip % 32] = (hash[flip % 32] as number) ^ (1 << (flip % 8))
  return copy
}

test('sizes that are no sizes are refused, and quickly', async () => {
  const hash = new Uint8Array(32)
  for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 64]) {
    assert.equal(await verifyInclusion({ index: 0, size, leaf: hash, path: [], root: hash }), false)
    assert.equal(await verifyConsistency({ from: 1, to: size, fromRoot: hash, toRoot: hash, path: [] }), false)
  }
})

test('a proof for a range that is a subtree proves nothing for one that is not', async () => {
  const vector = vectors('subtreeconsistency').find(({ start, end, size }) => start === 0 && end === 6 && size === 8)
  assert.ok(vector)
  assert.equal(await kinds.subtreeconsistency(vector), true)
  for (const start of [1, 2, 4, 5])
    assert.equal(await kinds.subtreeconsistency({ ...vector, start }), false, `${start}`)
})
