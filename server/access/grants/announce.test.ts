import assert from 'node:assert/strict'
import test from 'node:test'
import type { Bus } from '../../platform/cache/cache.ts'
import { frozenClock } from '../../platform/clock.ts'
import { rememberGrants } from './remember-grants.ts'

/** It believes itself alive, and says nothing. */
const mute: Bus = {
  publish: async () => {
    throw new Error('it did not answer')
  },
  subscribe: () => () => {},
  healthy: () => true,
  onGap: () => () => {},
  close: async () => {},
}

test('of several subjects each is forgotten here before anything is said, and though it could not be said', async () => {
  const grants = rememberGrants({
    ...{ bus: mute, clock: frozenClock(), queries: null as never },
    readTable: () => assert.fail('nothing is read'),
  })
  const forgotten: unknown[] = []
  grants.onChange((subjectId) => forgotten.push(subjectId))
  const announcing = grants.announce('org_a', ['usr_a', 'usr_b'])
  assert.deepEqual(forgotten, ['usr_a', 'usr_b'])
  await assert.rejects(announcing)
})
