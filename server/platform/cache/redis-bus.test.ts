import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { keepingLog } from '../telemetry/testing.ts'
import { busContract } from './bus-contract.ts'
import { openRedisBus } from './redis-bus.ts'
import { openRedis } from './redis-connection.ts'
import { eventually, startTestRedis, within, withoutRedis } from './testing.ts'

const { log } = keepingLog()
const skip = withoutRedis

busContract('Redis', skip, async () => {
  const redis = await startTestRedis()
  const buses = [await openRedisBus({ url: redis.url, log }), await openRedisBus({ url: redis.url, log })] as const
  return {
    buses,
    async cut() {
      const raw = await openRedis(redis.url, () => {})
      // Every client but this one.
      await raw.client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      raw.close()
    },
    async close() {
      for (const bus of buses) await bus.close()
      await redis.kill()
    },
  }
})

test('Redis: while it is down the bus is not healthy and publish fails once nobody trusts a cache; afterwards comes one gap, then health', {
  skip,
}, async () => {
  const redis = await startTestRedis()
  const bus = await openRedisBus({ url: redis.url, log })
  const heard: string[] = []
  let gaps = 0
  bus.subscribe('x', (message) => heard.push(message))
  bus.onGap(() => {
    gaps += 1
  })
  await redis.kill()
  await eventually(() => !bus.healthy(), 500)
  let told = false
  const publishing = assert.rejects(bus.publish('x', 'told at home')).then(() => {
    told = true
  })
  assert.deepEqual(heard, ['told at home'])
  // Whoever heard of the loss later than we did lives on a proof that lasts two seconds.
  await pause(1_000)
  assert.equal(told, false)
  await within(1_500, publishing)
  await within(500, assert.rejects(bus.publish('y', 'again')))
  assert.deepEqual(heard, ['told at home'])
  assert.equal(gaps, 0)
  await redis.start()
  await eventually(() => bus.healthy())
  assert.equal(gaps, 1)
  await bus.close()
  await redis.kill()
})

test('Redis: one that keeps the connection and says nothing is found out within two seconds', { skip }, async () => {
  const redis = await startTestRedis()
  const bus = await openRedisBus({ url: redis.url, log })
  const healthyInGap: boolean[] = []
  bus.onGap(() => healthyInGap.push(bus.healthy()))
  redis.freeze()
  await assert.rejects(bus.publish('x', 'y'))
  await eventually(() => !bus.healthy(), 2_100)
  assert.equal(healthyInGap.length, 0)
  redis.thaw()
  await eventually(() => bus.healthy())
  // Beats that were held up come back all at once: each that is too old by then is told as a gap, and none of them is health.
  assert.ok(healthyInGap.length > 0 && healthyInGap.every((healthy) => !healthy))
  await bus.close()
  await redis.kill()
})

test('Redis: strangers on the channel are not heard, whatever they say', { skip }, async () => {
  const redis = await startTestRedis()
  const bus = await openRedisBus({ url: redis.url, log })
  const heard: string[] = []
  bus.subscribe('x', (message) => heard.push(message))
  const raw = await openRedis(redis.url, () => {})
  const sender = 'b'.repeat(26)
  for (const frame of ['', ' ', 'x', 'x y', 'short x text', `${sender} X text`, `${sender} x`, 'y'.repeat(100_000)])
    await raw.client.publish('custodia:bus', frame)
  await raw.client.publish('custodia:bus', `${sender} x text`)
  await eventually(() => heard.length > 0)
  assert.deepEqual(heard, ['text'])
  raw.close()
  await bus.close()
  await redis.kill()
})
