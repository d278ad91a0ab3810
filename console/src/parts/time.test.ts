import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactTime, relativeTime, waitingTime } from './time.ts'

const now = Date.parse('2026-01-31T09:30:00.000Z')

for (const [instant, words] of [
  ['2026-01-31T09:29:30.000Z', 'now'],
  ['2026-01-31T09:28:01.000Z', '1 minute ago'],
  ['2026-01-31T08:31:00.000Z', '59 minutes ago'],
  ['2026-01-31T08:30:00.000Z', '1 hour ago'],
  ['2026-01-30T09:30:00.000Z', 'yesterday'],
  ['2025-01-31T09:30:00.000Z', 'last year'],
  ['2026-01-31T21:30:00.000Z', 'in 12 hours'],
] as const) {
  test(`${instant} is said as '${words}'`, () => assert.equal(relativeTime(instant, now), words))
}

test('what is no instant is shown as it is, never as a wrong time', () => {
  for (const text of ['', 'yesterday-ish', '2026-13-40']) {
    assert.equal(relativeTime(text, now), text)
    assert.equal(exactTime(text), text)
  }
})

test('who waits as long as is said is never early', () => {
  assert.equal(waitingTime(0), '1 second')
  assert.equal(waitingTime(59.2), '60 seconds')
  assert.equal(waitingTime(61), '2 minutes')
  assert.equal(waitingTime(3601), '2 hours')
})
