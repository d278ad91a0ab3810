import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forGood, untilOf } from './until.ts'

const now = Date.parse('2026-03-01T12:00:00.000Z')

test('for good is null, a length is counted from now, a moment is read as local time', () => {
  assert.equal(untilOf(forGood, now), null)
  assert.equal(untilOf({ choice: 'hour', at: '' }, now), '2026-03-01T13:00:00.000Z')
  assert.equal(untilOf({ choice: 'quarter', at: '' }, now), '2026-05-30T12:00:00.000Z')
  const local = new Date('2026-04-02T08:30').toISOString()
  assert.equal(untilOf({ choice: 'at', at: '2026-04-02T08:30' }, now), local)
})

test('a moment that is none is never taken for “for good”', () => {
  for (const at of ['', 'soon', '2026-13-01T00:00']) assert.equal(untilOf({ choice: 'at', at }, now), undefined, at)
})

test('a moment that was typed and then not chosen does not count', () => {
  assert.equal(untilOf({ choice: 'never', at: '2026-04-02T08:30' }, now), null)
})
