import assert from 'node:assert/strict'
import test from 'node:test'
import type { Bus } from '../platform/cache/cache.ts'
import { RoleCache } from './role-cache.ts'

function busThat(state: { healthy: boolean }): Bus {
  return {
    healthy: () => state.healthy,
    publish: async () => {},
    subscribe: () => () => {},
    onGap: () => () => {},
    close: async () => {},
  }
}

test('a read that began before a change does not bring the old roles back', async () => {
  const cache = new RoleCache(busThat({ healthy: true }))
  let answer: (roles: string[]) => void = () => {}
  const filling = cache.fill('org_a', 'usr_a', () => new Promise((resolve) => (answer = resolve)))
  cache.forget('usr_a')
  answer(['administrator'])
  assert.deepEqual(await filling, ['administrator'])
  assert.equal(cache.get('org_a', 'usr_a'), undefined)
})

test('while the bus is not healthy nothing is served from memory and nothing is kept', async () => {
  const state = { healthy: true }
  const cache = new RoleCache(busThat(state))
  await cache.fill('org_a', 'usr_a', async () => ['reader'])
  assert.deepEqual(cache.get('org_a', 'usr_a'), ['reader'])
  state.healthy = false
  assert.equal(cache.get('org_a', 'usr_a'), undefined)
  await cache.fill('org_a', 'usr_b', async () => ['reader'])
  state.healthy = true
  assert.equal(cache.get('org_a', 'usr_b'), undefined)
})
