import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test, { after, before, beforeEach } from 'node:test'
import type { Target } from './target.ts'
import { headsOf, lines, openTarget, raw, signedIn, stands, statuses, unlimited } from './target.ts'

let target: Target
let cookie: string
before(async () => {
  // Longer than `stop` waits: a connection that keeps the server from stopping has it killed.
  target = await openTarget({ ...unlimited, CUSTODIA_SHUTDOWN_GRACE_SECONDS: '300' })
  cookie = await target.enter(await signedIn(target, 1))
})
after(() => target?.remove())
beforeEach(() => {
  target.seen.length = 0
  target.answer = (_seen, response) => void response.end('hello')
})

const { get, post } = headsOf(() => ({ host: target.appHost, cookie }))
const upgrade = (host: string, path: string, ...headers: string[]) =>
  lines(
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: http://${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  )
const send = (bytes: string) => raw(target.server.port, bytes)
/** Opens a connection, says this, and breaks it off with a reset. */
const breakOff = (bytes: string, afterMs: number) =>
  new Promise<void>((resolve) => {
    const socket = connect(target.server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), afterMs))
  })

test('upgrades that break off at any moment, on whichever host, do not end the process', async () => {
  for (const [host, path] of [
    ['localhost', '/'],
    ['nowhere.example', '/'],
    [target.appHost, '/public/x'],
    [target.appHost, '/'],
  ] as const)
    for (let round = 0; round < 6; round++)
      await Promise.all(Array.from({ length: 5 }, () => breakOff(upgrade(host, path), round % 3)))
  assert.ok(await stands(target), target.log().slice(-1000))
})

test('uploads, downloads and half heads that break off do not end the process', async () => {
  target.answer = (_seen, response) => {
    response.write('x'.repeat(100_000))
  }
  const halves = [
    post(['Content-Length: 100000'], 'x'.repeat(5_000)),
    post(['Transfer-Encoding: chunked'], 'ffff\r\nabc'),
    post(['Expect: 100-continue', 'Content-Length: 9'], ''),
    get('/download'),
    get('/download').slice(0, -2),
    'GET / HTTP/1.1\r\nHost: localhost\r\nX: ',
    lines('POST /v1/sign-in HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', 'Content-Length: 50') +
      '{"e',
    lines('CONNECT localhost:22 HTTP/1.1', 'Host: localhost'),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001',
  ]
  for (const half of halves) for (let round = 0; round < 9; round++) await breakOff(half, round % 3)
  assert.ok(await stands(target), target.log().slice(-1000))
})

test('a socket that was refused an upgrade, or sent what is no HTTP, is closed even where the client keeps its half open', async () => {
  for (const bytes of [
    upgrade('localhost', '/'),
    upgrade(target.appHost, '/'),
    upgrade(target.appHost, '/public/x'),
    'nonsense\r\n\r\n',
  ])
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ port: target.server.port, host: '127.0.0.1', allowHalfOpen: true })
      const late = setTimeout(() => {
        socket.destroy()
        reject(new Error(`still open after ${JSON.stringify(bytes.slice(0, 60))}`))
      }, 4_000)
      let ended = false
      socket.on('data', () => {})
      socket.on('end', () => {
        ended = true
        // Only a connection that is closed on both sides answers a write with a reset.
        const poke = setInterval(() => socket.write('x'), 20)
        socket.once('close', () => clearInterval(poke))
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        clearTimeout(late)
        if (ended) resolve()
        else reject(new Error('closed without an answer'))
      })
      socket.write(bytes)
    })
})

test('an upgrade that the application does not take opens no way around the rules', async () => {
  const second = lines(
    'GET /admin HTTP/1.1',
    `Host: ${target.appHost}`,
    'Remote-User: root',
    'X-Forwarded-For: 127.0.0.1',
  )
  for (const headers of [
    [],
    ['Content-Length: 0'],
    [`Content-Length: ${second.length}`],
    ['Transfer-Encoding: chunked'],
  ]) {
    const received = await send(upgrade(target.appHost, '/public/x', ...headers) + second)
    assert.deepEqual(statuses(received).length, 1, received)
    assert.ok(
      target.seen.every((seen) => seen.url === '/public/x'),
      JSON.stringify(target.seen),
    )
  }
  const later = await new Promise<string>((resolve) => {
    let received = ''
    const socket = connect(target.server.port, '127.0.0.1')
    socket.on('data', (chunk) => {
      received += chunk
      socket.write(second)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(upgrade(target.appHost, '/public/x'))
  })
  assert.deepEqual(statuses(later), ['502'])
  assert.ok(target.seen.every((seen) => seen.url === '/public/x'))
})

test('an upgrade to another protocol than WebSocket is refused', async () => {
  for (const protocol of ['h2c', 'TLS/1.0', 'websocket, h2c', 'HTTP/2.0'])
    assert.deepEqual(
      statuses(
        await send(
          lines(
            'GET /public/x HTTP/1.1',
            `Host: ${target.appHost}`,
            `Origin: http://${target.appHost}`,
            'Connection: Upgrade, HTTP2-Settings',
            `Upgrade: ${protocol}`,
            'HTTP2-Settings: AAMAAABkAAQAAP__',
          ),
        ),
      ),
      ['400'],
    )
  assert.equal(target.seen.length, 0)
})

test('an upgrade that does not wait for the answer before it is not taken: one would stand within the other', async () => {
  target.answer = (_seen, response) => void setTimeout(() => response.end('late'), 100)
  const received = await send(get('/public/x', 'Accept: */*') + upgrade(target.appHost, '/public/socket'))
  assert.doesNotMatch(received, / 101 /)
  target.answer = (_seen, response) => void response.end('hello')
  const inTurn = await new Promise<string>((resolve) => {
    let said = ''
    const socket = connect(target.server.port, '127.0.0.1')
    socket.on('data', (chunk) => {
      said += chunk
      if (/hello$/.test(said)) socket.write(upgrade(target.appHost, '/public/socket'))
      else if (said.includes(' 101 ')) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(said))
    socket.write(get('/public/x', 'Accept: */*'))
  })
  assert.deepEqual(statuses(inTurn), ['200', '101'])
})

test('a WebSocket of another page is refused before anybody is asked', async () => {
  for (const origin of [
    'null',
    'http://evil.example',
    `http://custodia.localhost:${target.server.port}`,
    'http://app.localhost',
    `https://${target.appHost}`,
    `http://${target.appHost}.evil.example`,
    `http://${target.appHost}/`,
    '',
  ]) {
    const request = upgrade(target.appHost, '/', `Cookie: ${cookie}`).replace(/Origin: [^\r]*/, `Origin: ${origin}`)
    assert.deepEqual(statuses(await send(request)), ['403'], origin)
  }
  const without = upgrade(target.appHost, '/', `Cookie: ${cookie}`).replace(/Origin: [^\r]*\r\n/, '')
  assert.deepEqual(statuses(await send(without)), ['403'])
  assert.equal(target.seen.length, 0)
})

// Last: it ends the server.
test('a WebSocket that nobody closes, a stranger’s included, does not keep the server from stopping', async () => {
  const sockets = ['/public/socket', '/socket'].map((path) => {
    const socket = connect(target.server.port, '127.0.0.1').on('error', () => {})
    socket.write(upgrade(target.appHost, path, `Cookie: ${cookie}`))
    return socket
  })
  for (const socket of sockets) assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 101 /)
  await target.server.stop()
  assert.equal(target.server.child.exitCode, 0, 'it had to be killed')
})
