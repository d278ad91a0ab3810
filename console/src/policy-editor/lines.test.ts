import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../api/problem.ts'
import { faultyLines, lineCount, rangeOfLine, unreadable } from './lines.ts'

const refused = (detail: string | null, code = 'ACCESS_POLICY_UNREADABLE') =>
  unreadable(new Problem({ status: 422, code, title: 't', help: 'h', detail }))

test('a line is found by its number, and one beyond the end is the last', () => {
  const text = 'one\n\nthree\n'
  const at = (line: number) => text.slice(...rangeOfLine(text, line))
  assert.deepEqual([1, 2, 3, 4].map(at), ['one', '', 'three', ''])
  assert.deepEqual(rangeOfLine(text, 99), [text.length, text.length])
  assert.deepEqual(rangeOfLine('', 1), [0, 0])
  assert.deepEqual([lineCount(''), lineCount(text)], [1, 4])
})

test('lines of errors and of failed tests are faulty, those of passed ones are not', () => {
  const finding = { policy: null, message: '', help: null }
  const result = { name: '', expect: 'allow', decision: null, by: [], problem: null } as const
  const lines = faultyLines({
    errors: [
      { ...finding, line: 3 },
      { ...finding, line: null },
    ],
    tests: [
      { ...result, by: [], line: 5, passed: false },
      { ...result, by: [], line: 9, passed: true },
    ],
  })
  assert.deepEqual([...lines], [3, 5])
})

test('a text that can’t be read is an error at its line; another refusal is none', () => {
  assert.partialDeepStrictEqual(refused('line 12: unexpected token `)`'), {
    green: false,
    errors: [{ line: 12, message: 'unexpected token `)`' }],
  })
  assert.partialDeepStrictEqual(refused('it has more than 262144 bytes'), {
    errors: [{ line: null, message: 'it has more than 262144 bytes' }],
  })
  assert.equal(refused('line 1: x', 'ACCESS_POLICY_BUSY'), null)
  assert.equal(refused(null), null)
})
