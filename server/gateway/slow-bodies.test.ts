import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import test, { after, afterEach, before, beforeEach } from 'node:test'
import { SlowClients } from '../platform/http/overload/slow-clients.ts'
import { createMetrics } from '../platform/telemetry/registry.ts'
import type { TestGateway } from './testing.ts'
import { codeOf, openTestGateway } from './testing.ts'

const kib = 1_024
/** What is asked of an application at once, to begin with; of it bodies that still come from one network have a quarter. */
const places = 64
const attacker = '127.40.0.1'

let rig: TestGateway
/** Requests that reached the application, and how many bytes of a body each had. */
let asked: Map<string, number>
const sockets: Socket[] = []
before(async () => {
  const rules = [{ path: '/**', public: true }]
  rig = await openTestGateway((upstream) => ({
    open: { host: 'open.localhost', upstream, timeoutSeconds: 60, permissions: {}, rules },
  }))
})
after(() => rig.close())
beforeEach(async () => {
  rig.reset()
  await holdOf(1_024 * kib)
  asked = new Map()
  rig.behave = (request, response) => {
    const url = request.url ?? ''
    asked.set(url, 0)
    request.on('data', (part: Buffer) => asked.set(url, (asked.get(url) ?? 0) + part.length))
    request.on('error', () => {})
    request.on('end', () => response.end(`${asked.get(url)} bytes`))
  }
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await until(async () => (await connections()) === 0)
})

/** A gateway that holds 64 times as much of all bodies together, and 16 times as much of one network. */
async function holdOf(bytes: number): Promise<void> {
  Object.assign(rig.context.config, { maxSignedBodyBytes: bytes })
  await rig.gateway.stop()
  await rig.restart()
}

const get = (path = '/read') => rig.get(path, { host: 'open.localhost' })
const post = (body: string) => rig.get('/written', { host: 'open.localhost', method: 'POST', body })

/** A request whose body has begun; `said` is what came back so far. */
async function begin(path: string, head: readonly string[], body: string, from = attacker) {
  const socket = connect({ port: rig.port, host: '127.0.0.1', localAddress: from })
  sockets.push(socket)
  const one = { socket, said: '' }
  socket.on('error', () => {})
  socket.on('data', (data) => (one.said += data))
  await once(socket, 'connect')
  const lines = [`POST ${path} HTTP/1.1`, `Host: open.localhost:${rig.port}`, 'Content-Type: text/plain', ...head]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  return one
}

const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`
const many = <One>(count: number, make: (i: number) => Promise<One>) =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)))

test('a hundred and twenty small bodies that do not end take no place at the application, and are passed on once they are whole', async () => {
  const slow = await many(120, (i) => begin(`/slow/${i}`, ['Content-Length: 4096'], 'begun'))
  const chunked = await many(10, (i) => begin(`/chunked/${i}`, ['Transfer-Encoding: chunked'], chunk(100)))
  for (let times = 0; times < 10; times++) assert.equal((await get(`/read/${times}`)).status, 200)
  assert.equal((await post('hello')).body, '5 bytes')
  assert.deepEqual(
    [...asked.keys()].filter((url) => /slow|chunked/.test(url)),
    [],
  )
  slow[7]?.socket.write('x'.repeat(4_091))
  chunked[7]?.socket.write(`${chunk(50)}0\r\n\r\n`)
  await until(() => /4096 bytes$/.test(slow[7]?.said ?? '') && /150 bytes/.test(chunked[7]?.said ?? ''))
  assert.equal(asked.has('/slow/8'), false)
})

test('of large bodies that do not end one network has a quarter of the places, and is told so for the others', async () => {
  const head = [`Content-Length: ${100 * kib}`]
  const slow = await many(60, (i) => begin(`/large/${i}`, head, 'begun'))
  await until(() => slow.filter(({ said }) => said !== '').length === 60 - places / 4)
  for (const { said } of slow.filter((one) => one.said !== '')) {
    assert.match(said, /^HTTP\/1\.1 503 /)
    assert.match(said, /retry-after: 2\r\n/i)
    assert.match(said, /connection: close\r\n/i)
    assert.match(said, /"code":"GATEWAY_UPSTREAM_BUSY"/)
  }
  await until(() => asked.size === places / 4)
  // Whoever is somewhere else has a share of their own, and what is small or has no body is nobody's share.
  const other = await begin('/other', head, 'x'.repeat(100 * kib), '127.40.0.2')
  await until(() => other.said.endsWith(`${100 * kib} bytes`))
  assert.equal((await get()).status, 200)
  // One that ends makes room for the next.
  const first = slow.find(({ said }) => said === '')
  first?.socket.write('x'.repeat(100 * kib - 5))
  await until(() => first?.said.endsWith(`${100 * kib} bytes`) === true)
  const next = await begin('/next', head, 'begun')
  await until(() => asked.has('/next') && next.said === '')
})

test('a body that turns out to be large goes on as it comes, whole, and counts in the same share', async () => {
  const slow = await many(20, (i) => begin(`/grown/${i}`, ['Transfer-Encoding: chunked'], chunk(60 * kib)))
  assert.equal((await get()).status, 200)
  assert.equal(asked.size, 1)
  for (const { socket } of slow) socket.write(chunk(10 * kib))
  await until(() => slow.filter(({ said }) => said.includes('GATEWAY_UPSTREAM_BUSY')).length === 20 - places / 4)
  const waiting = slow.filter(({ said }) => said === '')
  assert.equal(waiting.length, places / 4)
  for (const { socket } of waiting) socket.write(`${chunk(200 * kib)}0\r\n\r\n`)
  await until(() => waiting.every(({ said }) => said.includes(`${270 * kib} bytes`)))
})

test('bodies for which there is no room any more go on as large ones do, in the same share', async () => {
  await holdOf(4 * kib)
  const slow = await many(40, (i) => begin(`/held/${i}`, [`Content-Length: ${40 * kib}`], 'x'.repeat(8 * kib)))
  await until(() => asked.size > 0 && slow.some(({ said }) => said.includes('GATEWAY_UPSTREAM_BUSY')))
  assert.ok(asked.size <= places / 4, `${asked.size} were passed on`)
  assert.equal((await get()).status, 200)
})

test('whoever goes away while their body is held, or goes on, leaves nothing taken', async () => {
  await holdOf(4 * kib)
  for (let round = 0; round < 4; round++) {
    const held = await many(9, (i) => begin(`/left/${round}/${i}`, ['Content-Length: 8192'], 'x'.repeat(7 * kib)))
    const large = await many(12, (i) => begin(`/gone/${round}/${i}`, ['Content-Length: 99999'], 'begun'))
    await until(() => [...asked.keys()].filter((url) => url.startsWith(`/gone/${round}/`)).length === 12)
    for (const { socket } of [...held, ...large]) socket.destroy()
    await until(async () => (await connections()) === 0)
  }
  assert.ok([...asked.keys()].every((url) => url.startsWith('/gone/')))
})

test('whoever resets their stream of HTTP/2 while their body is held, or before, leaves nothing taken', async (t) => {
  await holdOf(4 * kib)
  const server = createHttp2((request, response) => rig.gateway.handle(request as never, response as never))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.destroy()
    server.close()
  })
  const send = (path: string, more: Record<string, string> = {}) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      host: `open.localhost:${rig.port}`,
      'content-type': 'text/plain',
      ...more,
    })
    stream.on('error', () => {})
    return stream
  }
  for (let round = 0; round < 30; round++) {
    const streams = [send(`/h2/${round}`), send(`/h2/${round}`, { 'content-length': '99999' })]
    for (const stream of streams) stream.write('x'.repeat(8 * kib))
    // Some at once, some once they are held.
    if (round % 2 === 0) await new Promise((resolve) => client.ping(() => setImmediate(resolve)))
    for (const stream of streams) {
      stream.close(8)
      await once(stream, 'close')
    }
  }
  const whole = send('/whole')
  whole.end('x'.repeat(50 * kib))
  assert.equal(Buffer.concat(await whole.toArray()).toString(), `${50 * kib} bytes`)
  const empty = send('/empty')
  empty.end()
  assert.equal(Buffer.concat(await empty.toArray()).toString(), '0 bytes')
  send('/large', { 'content-length': '99999' }).write('begun')
  await until(() => asked.has('/large'))
  // With nothing let go of there would be no room for this one, and it would go on unfinished.
  const held = send('/held')
  held.write('x'.repeat(60 * kib))
  await new Promise((resolve) => client.ping(() => setImmediate(resolve)))
  assert.equal((await get()).status, 200)
  assert.equal(asked.has('/held'), false)
})

test('somebody who waits to be asked for their body is asked, and it is held', async () => {
  const one = await begin('/expects', ['Content-Length: 5', 'Expect: 100-continue'], '')
  await until(() => one.said.startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
  assert.equal(asked.has('/expects'), false)
  one.socket.write('hello')
  await until(() => one.said.endsWith('5 bytes'))
})

test('a body that is held and comes too slowly is cut off', async (t) => {
  let now = 0
  const figures = { slowClientSeconds: 20, leastBytesPerSecond: 200, requestTimeoutSeconds: 60 }
  const slow = new SlowClients(figures, createMetrics(), () => now)
  const watch = (request: Parameters<typeof slow.begin>[0]) => slow.begin(request)
  slow.watch(rig.server)
  rig.server.prependListener('request', watch)
  t.after(() => {
    slow.close()
    rig.server.off('request', watch)
  })
  const heads = new Set<string>()
  const see = (request: { url?: string | undefined }) => void heads.add(request.url ?? '')
  rig.server.on('request', see)
  t.after(() => rig.server.off('request', see))
  const one = await begin('/slow', ['Content-Length: 4096'], '')
  const fine = await begin('/fine', ['Content-Length: 8000'], '')
  await until(() => heads.size === 2)
  one.socket.write('begun')
  fine.socket.write('x'.repeat(7_000))
  assert.equal((await get()).status, 200)
  now = 25_000
  slow.sweep()
  await once(one.socket, 'close')
  assert.equal(fine.socket.destroyed, false)
})

test('an application that answers before the body is whole gives its place back, and the body keeps its share', async () => {
  rig.behave = (request, response) => {
    asked.set(request.url ?? '', 0)
    request.on('error', () => {})
    response.write('early')
  }
  const slow = await many(40, (i) => begin(`/early/${i}`, ['Content-Length: 99999'], 'begun'))
  await until(() => slow.every(({ said }) => said !== ''))
  assert.equal(asked.size, places / 4)
  assert.equal(codeOf(JSON.parse(bodyOf(slow))), 'GATEWAY_UPSTREAM_BUSY')
})

const bodyOf = (slow: readonly { said: string }[]) =>
  JSON.stringify({ body: slow.find(({ said }) => said.includes(' 503 '))?.said.split('\r\n\r\n')[1] })

const connections = () =>
  new Promise<number>((resolve, reject) =>
    rig.server.getConnections((error, found) => (error === null ? resolve(found) : reject(error))),
  )

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5_000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 5)))
    assert.ok(Date.now() < end, 'it did not come to that')
}
