import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { verifyConsistency, verifyInclusion } from '../../packages/wire/src/ledger/merkle.ts'
import { proveConsistency, proveEntry } from './prove.ts'
import { sampleCheckpoints } from './store.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'
import { grow, sha256 } from './tree.ts'

const leafOf = (i: number) => createHash('sha256').update(`\0entry ${i}`).digest()
const leavesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ xid: '1', id: String(from + i), hash: leafOf(from + i) }))

// RFC 6962 §2.1, naively.
function naiveRoot(from: number, to: number): Buffer {
  if (to === from) return createHash('sha256').digest()
  if (to - from === 1) return leafOf(from)
  const k = 2 ** (Math.ceil(Math.log2(to - from)) - 1)
  const hash = createHash('sha256').update(Uint8Array.of(1))
  return hash
    .update(naiveRoot(from, from + k))
    .update(naiveRoot(from + k, to))
    .digest()
}

test('a tree of any size, grown in any two steps, has the root that RFC 6962 gives it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(1200), fc.nat(1200), async (a, b) => {
      const [half, size] = a < b ? [a, b] : [b, a]
      const first = await grow(0, [], leavesOf(0, half))
      assert.deepEqual(Buffer.from(first.root), naiveRoot(0, half))
      const edge = (level: number) => {
        const hashes = first.nodes.filter((node) => node.level === level).map((node) => node.hash)
        return hashes.slice(hashes.length - (hashes.length % 256))
      }
      const second = await grow(half, [edge(0), edge(1)], leavesOf(half, size))
      assert.deepEqual(Buffer.from(second.root), naiveRoot(0, size))
      assert.equal(second.nodes.filter((node) => node.level === 0).length, size - half)
    }),
    { numRuns: 500 },
  )
})

test('above 65,536 leaves there is a third level', async () => {
  const { nodes, root } = await grow(0, [], leavesOf(0, 65_537))
  assert.deepEqual(Buffer.from(root), naiveRoot(0, 65_537))
  assert.deepEqual(
    nodes.filter(({ level }) => level === 2).map(({ index }) => index),
    [0],
  )
})

let ledger: TestLedger
const reader = {
  kind: 'user',
  id: 'usr_reader',
  organisationId: 'org_a',
  roles: [],
  sessionId: 'ses_x',
  factors: [],
  authenticatedAtMs: 0,
} as const

before(async () => {
  ledger = await openTestLedger()
  for (let batch = 0; batch < 9; batch++) {
    await ledger.record(...Array.from({ length: 37 + batch * 20 }, (_, i) => testEvent({ data: { batch, i } })))
    await ledger.audit.settle()
  }
})
after(() => ledger.close())

test('every proof that the ledger gives verifies against its signed roots', async () => {
  const { queries } = ledger.database
  const checkpoints = (await sampleCheckpoints(queries, 100)).filter(({ size }) => size > 0)
  for (const from of checkpoints) {
    for (const to of checkpoints.filter(({ size }) => size >= from.size)) {
      const { path } = await proveConsistency(queries, from.size, to.size)
      const hashes = path.map((hash) => Buffer.from(hash, 'base64'))
      const claim = { from: from.size, to: to.size, fromRoot: from.root, toRoot: to.root, path: hashes }
      assert.equal(await verifyConsistency(claim, sha256), true, `${from.size} to ${to.size}`)
    }
  }
  const size = checkpoints.at(-1)?.size ?? 0
  for (const index of [0, 1, 255, 256, 257, 511, 512, 900, size - 1]) {
    const { body, path, checkpoint } = await proveEntry(
      { database: ledger.database, recorder: ledger.audit },
      reader,
      index,
    )
    const [, treeSize, root] = checkpoint.split('\n') as [string, string, string]
    const leaf = createHash('sha256').update('\0').update(body).digest()
    const claim = {
      index,
      size: Number(treeSize),
      leaf,
      path: path.map((hash) => Buffer.from(hash, 'base64')),
      root: Buffer.from(root, 'base64'),
    }
    assert.equal(await verifyInclusion(claim, sha256), true, `entry ${index}`)
    assert.equal(await verifyInclusion({ ...claim, index: index + 1 }, sha256), false)
  }
})

test('sizes that the ledger never had are refused', async () => {
  const { queries } = ledger.database
  for (const [from, to] of [
    [0, 1],
    [2, 1],
    [1, 1e9],
    [-1, 5],
  ] as const) {
    await assert.rejects(proveConsistency(queries, from, to), { code: 'LEDGER_SIZE_UNKNOWN' }, `${from} to ${to}`)
  }
})

test('an entry of another organisation, of none, and one that is not there are refused alike', async () => {
  await ledger.record(testEvent({ organisationId: 'org_b' }), testEvent({ organisationId: null }))
  const { size } = await ledger.audit.settle()
  const services = { database: ledger.database, recorder: ledger.audit }
  for (const index of [size - 1, size - 2, size, 1e12]) {
    await assert.rejects(proveEntry(services, reader, index), { code: 'LEDGER_ENTRY_UNKNOWN' })
  }
})
