import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { test } from 'node:test'
import { createMetrics } from '../../telemetry/registry.ts'
import { beginAnswer, leaveHttp } from '../answers.ts'
import type { HttpServerOptions } from '../server.ts'
import { openHttpServer } from '../testing.ts'
import { SlowClients } from './slow-clients.ts'

const figures = { maxConnections: 60, maxConnectionsPerAddress: 20, leastBytesPerSecond: 10_000, slowClientSeconds: 1 }
const head = (first: string, ...lines: string[]) => `${[first, 'Host: localhost', ...lines].join('\r\n')}\r\n\r\n`

/** A server, and sockets to it that a test leaves behind as it likes. */
async function start(t: { after(fn: () => unknown): void }, options: Partial<HttpServerOptions> = {}) {
  const target = await openHttpServer({ overload: figures, ...options })
  const sockets: Socket[] = []
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await target.server.drain(0)
  })
  const open = async (localAddress = '127.0.0.1', options: { highWaterMark?: number } = {}) => {
    const socket = connect({ port: target.port, host: '127.0.0.1', localAddress, ...options })
    sockets.push(socket)
    socket.on('error', () => {})
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
    return socket
  }
  return { ...target, open }
}

/** What came until the connection was over. */
const whole = (socket: Socket) =>
  new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.once('close', () => resolve(text))
    if (socket.destroyed) resolve(text)
  })

const small = head('GET /small HTTP/1.1', 'Connection: close')

test('one address has so many connections and no more; another is served, and a place that is free again is given', async (t) => {
  const { open, figure } = await start(t)
  const held = await Promise.all(Array.from({ length: 20 }, () => open()))
  for (let i = 0; i < 5; i++) {
    const refused = await open()
    refused.write(small)
    assert.equal(await whole(refused), '')
  }
  assert.equal(await figure('custodia_http_connections_refused_total{reason="address"}'), 5)
  const other = await open('127.0.0.2')
  other.write(small)
  assert.match(await whole(other), /^HTTP\/1\.1 200 /)
  held[0]?.destroy()
  for (const end = Date.now() + 5_000; (await figure('custodia_http_connections')) > 19; ) {
    assert.ok(Date.now() < end, 'the place stays taken')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const next = await open()
  next.write(small)
  assert.match(await whole(next), /^HTTP\/1\.1 200 /)
})

test('all together are bounded, too', async (t) => {
  // Nobody is cut off before the last of them is there.
  const { open, figure } = await start(t, { overload: { ...figures, slowClientSeconds: 60 } })
  // Each in the middle of a request: whoever is silent would make room.
  const post = head(
    'POST /take HTTP/1.1',
    'Content-Type: application/json',
    'Content-Length: 9',
    'Expect: 100-continue',
  )
  for (let i = 0; i < 60; i++) {
    const socket = await open(`127.0.1.${1 + (i % 30)}`)
    socket.write(post)
    await once(socket, 'data')
  }
  const refused = await open('127.0.2.1')
  refused.write(small)
  assert.equal(await whole(refused), '')
  assert.ok((await figure('custodia_http_connections_refused_total{reason="all"}')) >= 1)
})

test('when places get rare, whoever waits for a next request gives theirs', async (t) => {
  const { open, figure } = await start(t)
  for (let i = 0; i < 53; i++) {
    const socket = await open(`127.0.1.${1 + (i % 30)}`)
    socket.write(head('GET /small HTTP/1.1'))
    await once(socket, 'data')
  }
  const before = await figure('custodia_http_connections')
  await open('127.0.2.1')
  await once(await open('127.0.2.2'), 'close', { signal: AbortSignal.timeout(100) }).catch(() => {})
  assert.ok(before > 50 && (await figure('custodia_http_connections')) < 10)
})

test('a proxy that is trusted brings many clients', async (t) => {
  const { open } = await start(t, { trustedProxies: ['127.0.0.0/30'] })
  await Promise.all(Array.from({ length: 25 }, () => open()))
  const one = await open()
  one.write(small)
  assert.match(await whole(one), /^HTTP\/1\.1 200 /)
})

test('a body that comes too slowly is not waited for, and one that comes well is', async (t) => {
  const { open, figure } = await start(t)
  const slow = await open()
  slow.write(head('POST /take HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100000'))
  const trickle = setInterval(() => slow.write('x'), 50)
  t.after(() => clearInterval(trickle))
  const well = await open('127.0.0.2')
  const body = JSON.stringify({ text: 'x'.repeat(130_000) })
  well.write(
    head(
      'POST /take HTTP/1.1',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
      'Expect: 100-continue',
    ),
  )
  const answer = whole(well)
  // What comes with the head is not counted.
  await once(well, 'data')
  // So much at once that some seconds without a turn of ours are earned.
  const first = 40_000
  well.write(body.slice(0, first))
  for (let at = first; at < body.length; at += 5_000) {
    well.write(body.slice(at, at + 5_000))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.match(await answer, /^HTTP\/1\.1 200 /m)
  await whole(slow)
  assert.equal(await figure('custodia_http_slow_clients_total{reason="body"}'), 1)
})

test('an answer that is not taken, or hardly, is not kept for whoever asked', async (t) => {
  const { open, figure } = await start(t, { overload: { ...figures, leastBytesPerSecond: 16_777_216 } })
  const [stalled, trickling] = [await open(), await open('127.0.0.1', { highWaterMark: 64 })]
  for (const socket of [stalled, trickling]) {
    socket.pause()
    socket.write(head('GET /large HTTP/1.1'))
  }
  const trickle = setInterval(() => void trickling.read(64), 20)
  t.after(() => clearInterval(trickle))
  const cut = () => figure('custodia_http_slow_clients_total{reason="read"}')
  // A connection is over a moment after it was cut off.
  const kept = async () => (await cut()) !== 2 || (await figure('custodia_http_connections')) > 0
  for (const end = Date.now() + 15_000; await kept(); ) {
    assert.ok(Date.now() < end, 'they are kept')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

test('whoever takes a large answer at a good rate, or asks nothing for a while, is left alone', async (t) => {
  const { open, figure } = await start(t)
  const idle = await open()
  idle.write(head('GET /small HTTP/1.1'))
  await once(idle, 'data')
  const taking = await open()
  taking.write(head('GET /large HTTP/1.1', 'Connection: close'))
  let length = 0
  taking.on('data', (chunk) => {
    length += chunk.length
    taking.pause()
    setTimeout(() => taking.resume(), 8)
  })
  await once(taking, 'close')
  assert.ok(length > 16_777_216)
  idle.write(small)
  assert.match(await whole(idle), /^HTTP\/1\.1 200 /)
  assert.ok(Number.isNaN(await figure('custodia_http_slow_clients_total{reason="read"}')))
})

test('a connection on which nothing more is asked is ended after a minute, and no other', async (t) => {
  let nowMs = 0
  const metrics = createMetrics()
  const slow = new SlowClients({ ...figures, requestTimeoutSeconds: 30 }, metrics, () => nowMs)
  const answers: ServerResponse[] = []
  const server = createServer((request, response) => {
    beginAnswer(request, response)
    slow.begin(request)
    if (request.url === '/late') answers.push(response)
    else response.end()
  })
  slow.watch(server)
  server.on('upgrade', (_request, socket) => {
    leaveHttp(socket)
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ended = new Set<string>()
  const open = async (name: string, ...heads: string[]) => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
    t.after(() => socket.destroy())
    socket.on('end', () => ended.add(name))
    for (const one of heads) {
      socket.write(one)
      if (!one.includes('/late')) await once(socket, 'data')
    }
    return socket
  }
  t.after(() => {
    slow.close()
    server.close()
  })
  const again = head('GET / HTTP/1.1')
  await open('idle', again)
  const asking = await open('asking', again)
  const begun = await open('begun', again)
  await open('awaited', again, head('GET /late HTTP/1.1'))
  await open('upgraded', again, head('GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'))
  while (answers.length === 0) await new Promise(setImmediate)
  slow.sweep()
  nowMs = 59_000
  slow.sweep()
  asking.write(again)
  await once(asking, 'data')
  begun.write('GET / HT')
  // Once this answer is there, what was written before has come as well.
  await open('last', again)
  nowMs = 60_000
  slow.sweep()
  slow.sweep()
  const [reason] = [(await metrics.text()).match(/slow_clients_total\{reason="idle"\} (\d+)/)?.[1]]
  while (ended.size === 0) await new Promise(setImmediate)
  assert.deepEqual([[...ended], reason], [['idle'], '1'])
  nowMs = 120_000
  slow.sweep()
  while (ended.size < 3) await new Promise(setImmediate)
  assert.deepEqual([...ended].sort(), ['asking', 'idle', 'last'])
})

test('more header lines than anybody needs are refused before they are read by name', async (t) => {
  const { open } = await start(t)
  const many = Array.from({ length: 140 }, (_, i) => `X-${i}: y`)
  const asking = await open()
  asking.write(head('GET /small HTTP/1.1', ...many))
  assert.match(await whole(asking), /^HTTP\/1\.1 431 [\s\S]*REQUEST_HEADERS_TOO_LARGE/)
  const upgrading = await open()
  upgrading.write(head('GET /small HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', ...many))
  assert.match(await whole(upgrading), /^HTTP\/1\.1 431 /)
})
