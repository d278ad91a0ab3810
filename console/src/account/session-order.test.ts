import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '@custodia/wire/http/sessions.ts'
import { inOrder } from './session-order.ts'

const session = (id: string, minute: number, current = false): Session => ({
  id,
  current,
  createdAt: '2026-01-31T09:00:00.000Z',
  lastUsedAt: new Date(Date.UTC(2026, 0, 31, 9, minute)).toISOString(),
  expiresAt: '2026-01-31T21:00:00.000Z',
  address: '',
  device: '',
  factors: [],
  applications: [],
})

test('this browser stands first, the others by when they were last used', () => {
  const sessions = [session('a', 1), session('b', 30), session('c', 0, true), session('d', 15)]
  assert.deepEqual(
    inOrder(sessions).map(({ id }) => id),
    ['c', 'b', 'd', 'a'],
  )
  assert.equal(sessions[0]?.id, 'a')
})
