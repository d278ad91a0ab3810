import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Checkpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { texts } from '../texts.ts'
import type { FindingCode } from './finding.ts'
import { headAnswer } from './head-answer.ts'

const checkpoint: Checkpoint = { origin: 'o', size: 7, root: new Uint8Array(32), extensions: [] }
const answer = (signature: FindingCode, history: FindingCode | null) =>
  headAnswer({ checkpoint: history === null ? null : checkpoint, signature, history, before: null, keep: null })

test('a yes needs a signature and a past that fits', () => {
  for (const history of ['extends', 'same-head', 'older-head'] as const) {
    assert.deepEqual(answer('signed', history), { verdict: 'holds', sentence: texts.ledger.whole(7) })
  }
})

test('at first sight nothing is claimed about the past', () => {
  assert.equal(answer('signed', 'first-seen').sentence, texts.ledger.first(7))
})

test('every way to be broken is a no', () => {
  assert.deepEqual(answer('not-signed', null), { verdict: 'fails', sentence: texts.ledger.unsigned })
  assert.deepEqual(answer('other-key', null), { verdict: 'fails', sentence: texts.ledger.broken })
  for (const history of ['forked', 'shrunk'] as const) {
    assert.deepEqual(answer('signed', history), { verdict: 'fails', sentence: texts.ledger.broken })
  }
})

test('what could not be checked is neither yes nor no', () => {
  const unknown = { verdict: 'unknown', sentence: texts.ledger.unknown }
  assert.deepEqual(answer('unsupported', null), unknown)
  assert.deepEqual(answer('signed', 'no-answer'), unknown)
})
