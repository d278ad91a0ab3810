import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rateOf } from '@custodia/edge/limits/cell-rate.ts'
import type { CellStore } from '@custodia/edge/limits/cell-store.ts'
import { cellStoreContract } from '@custodia/edge/limits/testing.ts'
import { keepingLog } from '../telemetry/testing.ts'
import type { Cache } from './cache.ts'
import { cacheContract } from './cache-contract.ts'
import { openRedisCache } from './redis-cache.ts'
import { openRedis } from './redis-connection.ts'
import type { TestRedis } from './testing.ts'
import { eventually, freePort, startTestRedis, within, withoutRedis } from './testing.ts'

const { log, lines } = keepingLog()
const skip = withoutRedis

cacheContract('Redis', skip, async () => {
  const redis = await startTestRedis()
  const options = { url: redis.url, log }
  const caches = [await openRedisCache(options), await openRedisCache(options)] as const
  const raw = await openRedis(redis.url, () => {})
  return {
    caches,
    // The store's clock can't be moved, so everything stored is moved the other way.
    async pass(seconds) {
      for (const key of await raw.client.keys('*')) {
        const leftMs = (await raw.client.pTTL(key)) - seconds * 1000
        if (key.includes(':budget:') && leftMs > 0) {
          const arrival = Number(await raw.client.get(key)) - seconds * 1_000_000
          await raw.client.set(key, arrival.toFixed(0), { expiration: { type: 'PX', value: leftMs } })
        } else await raw.client.pExpire(key, leftMs)
      }
    },
    async close() {
      for (const cache of caches) await cache.close()
      raw.close()
      await redis.kill()
    },
  }
})

cellStoreContract('in Redis', skip, async () => {
  const redis = await startTestRedis()
  const caches = [await openRedisCache({ url: redis.url, log }), await openRedisCache({ url: redis.url, log })] as const
  const raw = await openRedis(redis.url, () => {})
  return {
    stores: [caches[0].cells as CellStore, caches[1].cells as CellStore],
    async pass(seconds) {
      for (const key of await raw.client.keys('custodia:cell:*')) {
        const arrival = Number(await raw.client.get(key)) - seconds * 1_000_000
        await raw.client.set(key, arrival.toFixed(0), { expiration: 'KEEPTTL' })
      }
    },
    async close() {
      for (const cache of caches) await cache.close()
      raw.close()
      await redis.kill()
    },
  }
})

test('Redis: a cell is forgotten as soon as it is whole again, and one whose clock was ahead is whole after its room', {
  skip,
}, async () => {
  const rate = rateOf(5, 60)
  const cell = { pool: 'p', subject: 's', rate, lost: rate }
  await cache.cells?.spend([cell])
  const raw = await openRedis(redis.url, () => {})
  const [key = ''] = await raw.client.keys('here:cell:*')
  const left = await raw.client.pTTL(key)
  assert.ok(left > 0 && left <= 12_000)
  await raw.client.set(key, String((Date.now() + 86_400_000) * 1000))
  assert.deepEqual((await cache.cells?.spend([cell]))?.waitsMs.map(Math.round), [12_000])
  await raw.client.del(key)
  raw.close()
})

let redis: TestRedis
let cache: Cache
before(async () => {
  if (skip !== false) return
  redis = await startTestRedis()
  cache = await openRedisCache({ url: redis.url, log, prefix: 'here:' })
})
after(async () => {
  await cache?.close()
  await redis?.kill()
})

/** Every kind of call fails, each within half a second. */
async function failsFast(): Promise<void> {
  const calls = [
    () => cache.get('k'),
    () => cache.set('k', 'v', 60),
    () => cache.setIfAbsent('k', 'v', 60),
    () => cache.take('k'),
    () => cache.delete('k'),
    () => cache.spend('k', 1, 60),
  ]
  for (const call of calls) await within(500, assert.rejects(call))
}

const answersAgain = () =>
  cache.get('k').then(
    () => true,
    () => false,
  )

test('Redis: installations with prefixes of their own see nothing of each other', { skip }, async () => {
  const other = await openRedisCache({ url: redis.url, log, prefix: 'there:' })
  await cache.set('shared', 'mine', 60)
  assert.equal(await other.get('shared'), null)
  assert.equal((await cache.spend('shared', 1, 60)).allowed, true)
  assert.equal((await other.spend('shared', 1, 60)).allowed, true)
  await other.close()
})

test('Redis: nothing is stored without an end', { skip }, async () => {
  await cache.set('one', '1', 60)
  await cache.setIfAbsent('two', '1', 60)
  await cache.spend('three', 5, 60)
  const raw = await openRedis(redis.url, () => {})
  for (const key of await raw.client.keys('*')) assert.ok((await raw.client.pTTL(key)) > 0, key)
  // A budget is forgotten as soon as it is whole again: here after one of five shares of a minute.
  assert.ok((await raw.client.pTTL('here:budget:three')) <= 12_000)
  raw.close()
})

test('Redis: a killed store makes every call fail within half a second, and is used again when it is back', {
  skip,
}, async () => {
  await cache.set('k', 'v', 60)
  await redis.kill()
  await failsFast()
  await redis.start()
  await eventually(answersAgain)
  assert.equal(await cache.get('k'), null)
  assert.equal((await cache.spend('k', 1, 60)).allowed, true)
})

test('Redis: a store that keeps its connection and says nothing fails calls as fast', { skip }, async () => {
  redis.freeze()
  await failsFast()
  // After the first silence nobody waits for it again.
  await within(100, assert.rejects(cache.get('k'), /is lost/))
  redis.thaw()
  await eventually(answersAgain)
})

test('Redis: one that is not there refuses to open, and says so without the password', { skip }, async () => {
  const url = `redis://user:hunter2@127.0.0.1:${await freePort()}`
  await assert.rejects(openRedisCache({ url, log }), (error: Error) => {
    return error.message.includes('ECONNREFUSED') && !error.message.includes('hunter2')
  })
})

test('Redis: a wrong password refuses to open, and is neither said nor logged', { skip }, async () => {
  const url = redis.url.replace('//', '//user:hunter2@')
  await assert.rejects(openRedisCache({ url, log }), (error: Error) => {
    return error.message.includes('WRONGPASS') && !error.message.includes('hunter2')
  })
  assert.ok(!JSON.stringify(lines).includes('hunter2'))
})
