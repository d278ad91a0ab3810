import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedOf } from './filter.ts'

test('a day is asked for from its first instant up to the next day, in the calendar of the reader', () => {
  const { since, until } = askedOf({ since: '2026-01-31', until: '2026-01-31' })
  assert.equal(new Date(String(since)).getTime(), new Date(2026, 0, 31).getTime())
  assert.equal(new Date(String(until)).getTime(), new Date(2026, 1, 1).getTime())
})

test('what is no day is not asked for', () => {
  for (const day of ['yesterday', '2026-13-01', '2026-02-30x', '2026-1-1', '2026-01-31T00:00:00Z', '']) {
    assert.deepEqual(askedOf({ since: day, until: day }), {}, day)
  }
})

test('the other filters go as they are, and those not set do not go', () => {
  assert.deepEqual(askedOf({ type: 'identity.', actor: 'usr_x' }), { type: 'identity.', actor: 'usr_x' })
})

test('personal fields are opened only where that was asked for in so many words', () => {
  assert.deepEqual(askedOf({ personal: 'yes' }), { personal: true })
  for (const personal of ['no', 'true', '1']) assert.deepEqual(askedOf({ personal }), {})
})
