import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { keepingLog } from '../telemetry/testing.ts'
import { openPostgresBus } from './postgres-bus.ts'
import { Reconnecting } from './reconnecting.ts'
import { openRedisBus } from './redis-bus.ts'
import { openRedisCache } from './redis-cache.ts'

const { log } = keepingLog()

/** A server that takes every connection and answers nothing. */
async function startSilent(t: TestContext) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    // The other side gives up without a good-bye.
    socket.on('error', () => {}).resume()
    server.emit('asked')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: once(server, 'asked') }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

for (const [what, open] of [
  ['the bus on PostgreSQL', (address: string) => openPostgresBus({ url: `postgres://me@${address}/x`, log })],
  ['the bus on Redis', (address: string) => openRedisBus({ url: `redis://${address}`, log })],
  ['the cache in Redis', (address: string) => openRedisCache({ url: `redis://${address}`, log })],
] as const) {
  test(`${what}: a start waits ten seconds for a server that is slow to answer, and no longer`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
    const { address, asked } = await startSilent(t)
    let refused = false
    const opening = assert.rejects(open(address)).then(() => {
      refused = true
    })
    await asked
    t.mock.timers.tick(9_900)
    for (let turns = 0; turns < 5; turns++) await turn()
    assert.equal(refused, false)
    t.mock.timers.tick(100)
    await opening
  })
}

test('the first connection gets ten seconds, and each after it two: whoever lost one tries again soon', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const waits: number[] = []
  let lose = () => {}
  const held = new Reconnecting({
    name: 'a connection',
    log,
    async open(lost, withinMs) {
      waits.push(withinMs)
      lose = lost
      return { close() {} }
    },
  })
  await held.start()
  for (const _ of ['once', 'twice']) {
    lose()
    t.mock.timers.tick(2_000)
    await turn()
  }
  held.close()
  assert.deepEqual(waits, [10_000, 2_000, 2_000])
})
