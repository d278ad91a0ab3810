import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../api/problem.ts'
import type { AskConsistency } from './check-head.ts'
import { checkHead } from './check-head.ts'
import { makeFork, makeLog } from './testing.ts'

const unasked: AskConsistency = () => assert.fail('no proof was needed')
const refusing: AskConsistency = () =>
  Promise.reject(new Problem({ status: 422, code: 'LEDGER_SIZE_UNKNOWN', title: 'T', help: 'H' }))
const silent: AskConsistency = () =>
  Promise.reject(new Problem({ status: 0, code: 'SERVER_UNREACHABLE', title: 'T', help: 'H' }))
const seen = (key: string, note: string) => ({ key, note, seenAt: '2026-01-31T09:30:00.000Z' })
const log = await makeLog(40)

test('the first checkpoint is remembered, and nothing is claimed about the past', async () => {
  const note = await log.note(20)
  const check = await checkHead(note, log.key, null, unasked)
  assert.deepEqual([check.signature, check.history, check.checkpoint?.size], ['signed', 'first-seen', 20])
  assert.deepEqual(check.keep, { key: log.key, note })
})

test('a checkpoint that extends the remembered one holds, and takes its place', async () => {
  for (const from of [1, 7, 16, 39]) {
    const note = await log.note(40)
    const check = await checkHead(note, log.key, seen(log.key, await log.note(from)), log.consistency)
    assert.equal(check.history, 'extends')
    assert.equal(check.keep?.note, note)
  }
})

test('the same checkpoint again needs no proof', async () => {
  const check = await checkHead(await log.note(20), log.key, seen(log.key, await log.note(20)), unasked)
  assert.deepEqual([check.history, check.keep], ['same-head', null])
})

test('a ledger that was empty is extended by any', async () => {
  const check = await checkHead(await log.note(5), log.key, seen(log.key, await log.note(0)), unasked)
  assert.equal(check.history, 'extends')
})

test('a checkpoint behind the remembered one holds while the ledger still proves the newer', async () => {
  const check = await checkHead(await log.note(30), log.key, seen(log.key, await log.note(40)), log.consistency)
  assert.deepEqual([check.history, check.keep], ['older-head', null])
})

test('a ledger that was cut off at its end is found to be shorter', async () => {
  const check = await checkHead(await log.note(30), log.key, seen(log.key, await log.note(40)), refusing)
  assert.deepEqual([check.history, check.keep], ['shrunk', null])
})

test('a changed entry is found, whether the ledger grew or not, and is not remembered', async () => {
  const [mine, theirs] = await makeFork(24, 3)
  for (const size of [20, 24]) {
    const check = await checkHead(
      await theirs.note(size),
      mine.key,
      seen(mine.key, await mine.note(20)),
      theirs.consistency,
    )
    assert.deepEqual([check.history, check.keep], ['forked', null])
  }
})

test('a proof that is no base64 proves nothing', async () => {
  const garbled: AskConsistency = async (from, to) => ({ from, to, path: ['%%%'] })
  const check = await checkHead(await log.note(40), log.key, seen(log.key, await log.note(20)), garbled)
  assert.deepEqual([check.history, check.keep], ['forked', null])
})

test('silence is neither a yes nor a no, and the remembered checkpoint stays', async () => {
  for (const [now, before] of [
    [40, 20],
    [20, 40],
  ] as const) {
    const check = await checkHead(await log.note(now), log.key, seen(log.key, await log.note(before)), silent)
    assert.deepEqual([check.history, check.keep], ['no-answer', null])
  }
})

test('another key than the remembered one is refused before anything else', async () => {
  const other = await makeLog(40)
  const check = await checkHead(await other.note(40), other.key, seen(log.key, await log.note(20)), unasked)
  assert.deepEqual([check.signature, check.history, check.keep, check.checkpoint], ['other-key', null, null, null])
})

test('a checkpoint that the key did not sign is refused', async () => {
  const other = await makeLog(40)
  const note = await log.note(20)
  for (const forged of [await other.note(20), note.replace('\n20\n', '\n21\n'), '', 'x', note.slice(0, -9)]) {
    const check = await checkHead(forged, log.key, null, unasked)
    assert.deepEqual([check.signature, check.history, check.keep], ['not-signed', null, null])
  }
})
