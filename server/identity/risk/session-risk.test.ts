import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionRisk } from './session-risk.ts'

test('ten times as likely of somebody else is 100; what is likelier of the person is 0; no score leaves the scale', () => {
  const said = [-3, -0.01, 0, 0.004, 0.29, 1, 2.345, 9.99, 10, 40, Number.POSITIVE_INFINITY].map(sessionRisk)
  assert.deepEqual(said, [0, 0, 0, 0, 29, 100, 235, 999, 1_000, 1_000, 1_000])
})
