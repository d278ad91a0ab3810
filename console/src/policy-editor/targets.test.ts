import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PolicyVersion } from '@custodia/wire/http/policies.ts'
import { targetsOf } from './targets.ts'

const version = (number: number, state: PolicyVersion['state'], liveAt: string | null = null) =>
  ({ number, state, liveAt }) as PolicyVersion

test('back goes to what was live last before, then to older ones, to nothing, and last to newer ones', () => {
  const versions = [
    version(5, 'retired', '2026-03-05T00:00:00Z'),
    version(4, 'live', '2026-03-06T00:00:00Z'),
    version(3, 'retired', '2026-03-01T00:00:00Z'),
    version(2, 'retired', '2026-03-03T00:00:00Z'),
  ]
  assert.deepEqual(targetsOf(versions), [2, 3, 0, 5])
})

test('what was never live is no way back, and where nothing is live neither is nothing', () => {
  assert.deepEqual(targetsOf([version(1, 'draft'), version(2, 'tested'), version(3, 'shadowed')]), [])
  assert.deepEqual(targetsOf([version(1, 'retired', '2026-03-01T00:00:00Z')]), [1])
  assert.deepEqual(targetsOf([version(1, 'live', '2026-03-01T00:00:00Z')]), [0])
  assert.deepEqual(targetsOf([]), [])
})
