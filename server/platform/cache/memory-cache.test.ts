import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { frozenClock } from '../clock.ts'
import { cacheContract } from './cache-contract.ts'
import { MemoryCache } from './memory-cache.ts'

cacheContract('memory', false, async () => {
  const clock = frozenClock()
  const cache = new MemoryCache({ clock })
  return {
    caches: [cache, cache],
    async pass(seconds) {
      clock.advance(seconds * 1000)
    },
    close: () => cache.close(),
  }
})

test('a full cache forgets what was used least recently', async () => {
  const cache = new MemoryCache({ clock: frozenClock(), maxEntries: 3 })
  for (const key of ['a', 'b', 'c']) await cache.set(key, key, 60)
  assert.equal(await cache.get('a'), 'a')
  await cache.set('d', 'd', 60)
  assert.equal(await cache.get('b'), null)
  for (const key of ['a', 'c', 'd']) assert.equal(await cache.get(key), key)
})

test('a flood of budgets pushes out no value, and a flood of values no budget', async () => {
  const cache = new MemoryCache({ clock: frozenClock(), maxEntries: 10 })
  await cache.set('nonce', 'burnt', 60)
  for (let index = 0; index < 100; index += 1) await cache.spend(`address ${index}`, 1, 60)
  assert.equal(await cache.get('nonce'), 'burnt')
  for (let index = 0; index < 100; index += 1) await cache.set(`nonce ${index}`, '1', 60)
  assert.equal((await cache.spend('address 99', 1, 60)).allowed, false)
})

test('whatever is done to it, it answers as a map with expiry would', async () => {
  const key = fc.constantFrom('a', 'b', '__proto__')
  const step = fc.oneof(
    fc.record({
      do: fc.constant('set' as const),
      key,
      value: fc.string({ maxLength: 5 }),
      ttl: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({
      do: fc.constant('claim' as const),
      key,
      value: fc.string({ maxLength: 5 }),
      ttl: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({ do: fc.constant('take' as const), key }),
    fc.record({ do: fc.constant('delete' as const), key }),
    fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 3 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = frozenClock()
      const cache = new MemoryCache({ clock })
      const model = new Map<string, { value: string; untilMs: number }>()
      const live = (name: string) => {
        const entry = model.get(name)
        return entry !== undefined && entry.untilMs > clock.nowMs() ? entry.value : null
      }
      for (const one of steps) {
        if (one.do === 'pass') clock.advance(one.seconds * 1000)
        else if (one.do === 'delete') {
          await cache.delete(one.key)
          model.delete(one.key)
        } else if (one.do === 'take') {
          assert.equal(await cache.take(one.key), live(one.key))
          model.delete(one.key)
        } else {
          const stores = one.do === 'set' || live(one.key) === null
          if (one.do === 'set') await cache.set(one.key, one.value, one.ttl)
          else assert.equal(await cache.setIfAbsent(one.key, one.value, one.ttl), stores)
          if (stores) model.set(one.key, { value: one.value, untilMs: clock.nowMs() + one.ttl * 1000 })
        }
        for (const name of ['a', 'b', '__proto__']) assert.equal(await cache.get(name), live(name))
      }
    }),
  )
})
