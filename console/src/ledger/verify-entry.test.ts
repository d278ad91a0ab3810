import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryProof, LedgerEntry } from '@custodia/wire/http/ledger.ts'
import fc from 'fast-check'
import { overall } from './finding.ts'
import { makeLog } from './testing.ts'
import { verifyEntry } from './verify-entry.ts'

const log = await makeLog(33)
const entryAt = (index: number) => log.entries[index] as LedgerEntry
const check = (entry: LedgerEntry, proof: EntryProof) => verifyEntry(entry, proof, log.key, null, log.consistency)

test('every entry of trees of every shape is proven, and the climb ends at the root', async () => {
  const positions = fc.integer({ min: 1, max: 33 }).chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)))
  await fc.assert(
    fc.asyncProperty(positions, async ([index, size]) => {
      const result = await check(entryAt(index), await log.proof(index, size))
      assert.equal(result.verdict, 'holds')
      const top = result.rungs?.at(-1)?.parent ?? result.leaf
      assert.deepEqual(top, result.head.checkpoint?.root)
    }),
    { numRuns: 60 },
  )
})

test('an entry shown otherwise than it was hashed does not hold', async () => {
  const entry = entryAt(5)
  const proof = await log.proof(5, 33)
  const lies: Partial<LedgerEntry>[] = [
    { data: { roles: ['administrator'], text: '' } },
    { data: { roles: ['member'] } },
    { data: { roles: ['member'], text: '', more: 1 } },
    { type: 'identity.user.disabled' },
    { at: '2026-01-31T09:30:00.001Z' },
    { id: 'evt_6' },
    { actor: { kind: 'user', id: 'usr_x' } },
    { subjectId: 'usr_x' },
    { body: `${entry.body} ` },
    { body: 'not json' },
    { index: 6 },
  ]
  for (const lie of lies) {
    const result = await check({ ...entry, ...lie }, proof)
    assert.deepEqual([result.same, result.verdict], ['other-entry', 'fails'], JSON.stringify(lie))
  }
})

test('the proof of another entry proves nothing about this one', async () => {
  const result = await check(entryAt(5), await log.proof(6, 33))
  assert.deepEqual([result.same, result.verdict], ['other-entry', 'fails'])
})

test('a path that is bent, cut, padded or garbled does not hold', async () => {
  const proof = await log.proof(5, 33)
  const [first = '', ...rest] = proof.path
  const bent = btoa(String.fromCharCode(...Uint8Array.fromBase64(first).map((byte, i) => (i === 0 ? byte ^ 1 : byte))))
  for (const path of [[bent, ...rest], rest, [...proof.path, first], ['%%%', ...rest], [], proof.path.toReversed()]) {
    const result = await check(entryAt(5), { ...proof, path })
    assert.deepEqual([result.path, result.verdict], ['path-fails', 'fails'])
  }
})

test('a changed body does not lead to the root, even where the page shows the changed one', async () => {
  const entry = entryAt(5)
  const body = entry.body.replace('member', 'auditor')
  const shown = { ...entry, body, data: { roles: ['auditor'], text: '' } }
  const result = await check(shown, { ...(await log.proof(5, 33)), body })
  assert.deepEqual([result.same, result.path, result.verdict], ['same-entry', 'path-fails', 'fails'])
})

test('a checkpoint that is not signed gives no root to lead to', async () => {
  const result = await check(entryAt(5), { ...(await log.proof(5, 33)), checkpoint: 'x' })
  assert.deepEqual(
    [result.head.signature, result.path, result.rungs, result.verdict],
    ['not-signed', 'path-fails', null, 'fails'],
  )
})

test('an index outside the tree is refused without a climb', async () => {
  const proof = await log.proof(5, 33)
  for (const index of [-1, 33, 1.5, Number.NaN]) {
    const result = await check({ ...entryAt(5), index }, { ...proof, index })
    assert.deepEqual([result.path, result.rungs], ['path-fails', null])
  }
})

test('what is not known is never shown as holding', () => {
  assert.equal(overall(['same-entry', 'path-holds', 'unsupported']), 'unknown')
  assert.equal(overall(['same-entry', 'path-holds', 'signed', 'no-answer']), 'unknown')
  assert.equal(overall(['unsupported', 'shrunk']), 'fails')
  assert.equal(overall(['same-entry', 'path-holds', 'signed', 'first-seen']), 'holds')
})
