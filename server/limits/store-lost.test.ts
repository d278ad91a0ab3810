import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LimitPolicies } from '@custodia/wire/http/limits.ts'
import type { Cache } from '../platform/cache/cache.ts'
import { openRedisCache } from '../platform/cache/redis-cache.ts'
import type { TestRedis } from '../platform/cache/testing.ts'
import { eventually, startTestRedis, withoutRedis } from '../platform/cache/testing.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { Browser } from '../sessions/testing.ts'
import type { LimitsHouse, LimitsProcess } from './testing.ts'
import { administratorOf, at, openLimitsHouse } from './testing.ts'

const skip = withoutRedis
const { log } = keepingLog()
let redis: TestRedis
let house: LimitsHouse
let administrator: Browser
const caches: Cache[] = []
const processes: LimitsProcess[] = []

before(async () => {
  if (skip !== false) return
  redis = await startTestRedis()
  house = await openLimitsHouse()
  for (let i = 0; i < 2; i++) {
    const cache = await openRedisCache({ url: redis.url, log })
    caches.push(cache)
    processes.push(await house.process('redis', { cache }))
  }
  administrator = await administratorOf(processes[0] as LimitsProcess)
})
after(async () => {
  await house?.close()
  for (const cache of caches) await cache.close()
  await redis?.kill()
})

const read = (process: number, address: string) =>
  at((processes[process] as LimitsProcess).server.browser(), address).call('GET', '/v1/theme')
/**
 * Counts milliseconds in which this process was awake, by a timer that is not made up for: while the machine serves others nobody here waits
 * for a store.
 */
function awake(): { ms(): number; stop(): void } {
  let ticks = 0
  const timer = setInterval(() => void ticks++, 10)
  return { ms: () => ticks * 10, stop: () => clearInterval(timer) }
}
const standing = async () => (await administrator.call('GET', '/v1/limits/policies')).body as LimitPolicies

test('Redis killed during load: nobody waits long, each process counts alone, and they count together again when it is back', {
  skip,
}, async () => {
  const together = await Promise.all(Array.from({ length: 30 }, (_, i) => read(i % 2, '203.0.113.1')))
  assert.equal(together.filter(({ status }) => status === 200).length, 20)
  assert.equal((await standing()).storeLost, false)

  let slowest = 0
  const clock = awake()
  const statuses = new Map<number, number>()
  const ask = async (address: string) => {
    const startedMs = clock.ms()
    const { status } = await read(0, address)
    slowest = Math.max(slowest, clock.ms() - startedMs)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  const killed = redis.kill()
  for (let i = 0; i < 40; i++) await ask(`203.0.114.${i}`)
  await killed
  for (let i = 0; i < 30; i++) await ask('203.0.115.1')
  clock.stop()
  // What is waited at most is measured where nothing else runs (`tests/fault/lost-limits.test.ts`); here, that nothing hangs.
  assert.ok(slowest < 2_000, `${slowest} ms`)
  assert.deepEqual([...statuses.keys()].sort(), [200, 429])
  // The other process has not been asked yet, and counts for itself: its whole share.
  let passed = 0
  for (let i = 0; i < 30; i++) if ((await read(1, '203.0.115.1')).status === 200) passed += 1
  assert.equal(passed, 20)
  const { store, storeLost } = await standing()
  assert.deepEqual([store, storeLost], ['redis', true])

  await redis.start()
  // Asked of the processes themselves: as often as this looks, the administrator's requests would be limited, too.
  await eventually(async () => {
    await read(0, '203.0.116.1')
    await read(1, '203.0.116.1')
    return processes.every(({ limits }) => !limits.administration(null).policies().storeLost)
  }, 15_000)
  const again = await Promise.all(Array.from({ length: 30 }, (_, i) => read(i % 2, '203.0.117.1')))
  assert.equal(again.filter(({ status }) => status === 200).length, 20)
})

test('a Redis that is frozen is waited for once, and never again until it answers', { skip }, async () => {
  redis.freeze()
  const times: number[] = []
  const clock = awake()
  for (let i = 0; i < 20; i++) {
    const startedMs = clock.ms()
    assert.equal((await read(0, `198.51.100.${i}`)).status, 200)
    times.push(clock.ms() - startedMs)
  }
  clock.stop()
  redis.thaw()
  // A command to it is given up after 400 ms: waited for each time, this would take eight seconds.
  assert.ok(times.reduce((sum, ms) => sum + ms, 0) < 4_000, `${times}`)
})
