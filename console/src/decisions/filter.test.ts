import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedOf } from './filter.ts'

test('days become instants, the last one whole, and what is no day is left out', () => {
  const { since, until } = askedOf({ since: '2026-03-01', until: '2026-03-01' })
  assert.equal(Date.parse(String(until)) - Date.parse(String(since)), 86_400_000)
  assert.deepEqual(askedOf({ since: 'yesterday', until: '2026-3-1' }), {})
})

test('an answer that is neither is not asked for, and the rest goes as it stands', () => {
  assert.deepEqual(askedOf({ decision: 'maybe', principal: 'usr_1', action: 'inbox:mail:read' }), {
    principal: 'usr_1',
    action: 'inbox:mail:read',
  })
  assert.deepEqual(askedOf({ decision: 'deny' }), { decision: 'deny' })
  assert.deepEqual(askedOf({}), {})
})
