import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import test, { after, before, beforeEach } from 'node:test'
import WebSocket from 'ws'
import type { TestGateway } from './testing.ts'
import { codeOf, cookie, openTestGateway } from './testing.ts'

let rig: TestGateway
before(async () => {
  rig = await openTestGateway()
})
after(() => rig.close())
beforeEach(() => rig.reset())

test('an upstream that is down is 502, one that is slow 504, both said plainly', async () => {
  const down = await rig.get('/', { host: 'gone.localhost' })
  assert.equal(down.status, 502)
  assert.equal(codeOf(down), 'GATEWAY_UPSTREAM_DOWN')
  rig.behave = () => {}
  const slow = await rig.get('/public/slow')
  assert.equal(slow.status, 504)
  assert.equal(codeOf(slow), 'GATEWAY_UPSTREAM_SLOW')
  const page = await rig.get('/', { host: 'gone.localhost', headers: { 'sec-fetch-mode': 'navigate' } })
  assert.match(page.body, /does not answer/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
})

test('an upstream that breaks off leaves no connection open', async () => {
  rig.behave = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setImmediate(() => response.destroy())
  }
  await assert.rejects(rig.get('/public/half'))
  await closedConnections()
})

test('a client that goes away before the upstream answered ends the request there, and leaves nothing open, nor in the log', async () => {
  const asked = Promise.withResolvers<ServerResponse>()
  rig.behave = (_request, response) => asked.resolve(response)
  const leaving = connect(rig.port, '127.0.0.1')
  leaving.write(`GET /public/later HTTP/1.1\r\nHost: app.localhost:${rig.port}\r\n\r\n`)
  const upstream = await asked.promise
  const before = rig.said()
  leaving.resetAndDestroy()
  await once(upstream, 'close')
  assert.equal(upstream.writableEnded, false)
  await closedConnections()
  assert.equal(rig.said(), before)
})

test('a reply whose head can not be passed on is refused as a whole, and nothing of it is said', async () => {
  rig.behave = (_request, response) =>
    response.socket?.end('HTTP/1.1 700 Odd\r\nX-Theirs: 1\r\nContent-Length: 2\r\n\r\nhi')
  const { status, headers, body } = await rig.get('/public/odd')
  assert.equal(status, 502)
  assert.equal(headers['x-theirs'], undefined)
  assert.equal(JSON.parse(body).code, 'GATEWAY_UPSTREAM_DOWN')
})

test('a reply comes with the very bytes of its headers, and after an early hint', async () => {
  rig.behave = (_request, response) =>
    response.socket?.end(
      'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="ü.txt"\r\nContent-Length: 2\r\n\r\nhi',
      'utf8',
    )
  const { status, headers, body } = await rig.get('/public/named')
  assert.deepEqual([status, body], [200, 'hi'])
  assert.equal(Buffer.from(String(headers['content-disposition']), 'latin1').toString(), 'attachment; filename="ü.txt"')
})

test('HEAD is answered with the length of what GET would bring, 204 and 304 with nothing', async () => {
  rig.behave = (request, response) => {
    if (request.url === '/public/304') response.writeHead(304, { etag: '"1"' }).end()
    else if (request.url === '/public/204') response.writeHead(204).end()
    else response.writeHead(200, { 'content-length': '5' }).end(request.method === 'HEAD' ? undefined : 'hello')
  }
  const head = await rig.get('/public/x', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', ''])
  for (const status of [204, 304])
    assert.deepEqual((({ status, body }) => [status, body])(await rig.get(`/public/${status}`)), [status, ''])
})

test('the head of a reply comes before there is any of its body, as events need it', async () => {
  let upstream: ServerResponse | undefined
  rig.behave = (_request, response) => {
    upstream = response
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  }
  const to = { host: '127.0.0.1', port: rig.port, path: '/public/events', agent: false } as const
  const sent = httpRequest({ ...to, headers: { host: `app.localhost:${rig.port}` } }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  assert.equal(response.headers['content-type'], 'text/event-stream')
  upstream?.end('data: 1\n\n')
  assert.equal(Buffer.concat(await response.toArray()).toString(), 'data: 1\n\n')
})

test('a client that goes away while a body streams ends the request upstream', async () => {
  let upstreamClosed: () => void = () => {}
  const closed = new Promise<void>((resolve) => (upstreamClosed = resolve))
  rig.behave = (_request, response) => {
    response.on('close', upstreamClosed)
    const chunk = Buffer.alloc(65_536)
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', pump)
    }
    pump()
  }
  const sent = httpRequest(
    {
      host: '127.0.0.1',
      port: rig.port,
      path: '/public/endless',
      headers: { host: `app.localhost:${rig.port}` },
      agent: false,
    },
    (response) => {
      response.once('data', () => sent.destroy())
    },
  )
  sent.on('error', () => {})
  sent.end()
  await closed
})

test('a client that breaks off its body is not told of as a failure of the application', async () => {
  rig.signedIn('w', 'writer')
  const before = rig.said()
  const began = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  rig.behave = (request) => {
    request.on('data', () => began.resolve())
    request.on('error', () => ended.resolve())
  }
  const socket = connect(rig.port, '127.0.0.1')
  const head = [`Host: app.localhost:${rig.port}`, `Origin: ${rig.origin()}`, `Cookie: ${cookie('w').cookie}`]
  socket.write(`POST /x HTTP/1.1\r\n${head.join('\r\n')}\r\nContent-Length: 100000\r\n\r\nhalf`)
  await began.promise
  socket.destroy()
  await ended.promise
  await closedConnections()
  assert.equal(rig.said(), before)
})

// The kernel takes some megabytes into its own buffers on each of the two ways; the rest must wait with the sender.
test('a body streams through with back-pressure: what the reader does not take is not taken from the sender', async () => {
  let sentBytes = 0
  rig.behave = (_request, response) => {
    const chunk = Buffer.alloc(65_536)
    const pump = () => {
      while (sentBytes < 1_000 * 65_536) {
        sentBytes += chunk.length
        if (!response.write(chunk)) return void response.once('drain', pump)
      }
      response.end()
    }
    pump()
  }
  const response = await new Promise<IncomingMessage>((resolve) => {
    httpRequest(
      {
        host: '127.0.0.1',
        port: rig.port,
        path: '/public/large',
        headers: { host: `app.localhost:${rig.port}` },
        agent: false,
      },
      resolve,
    ).end()
  })
  response.pause()
  let last = -1
  while (last !== sentBytes) {
    last = sentBytes
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(sentBytes < 400 * 65_536, `${sentBytes} bytes were taken from the sender while nobody read`)
  let received = 0
  for await (const chunk of response) received += (chunk as Buffer).length
  assert.equal(received, 1_000 * 65_536)
})

test('an upload streams through unread, chunked or not', async () => {
  rig.signedIn('ann', 'writer')
  rig.behave = (request, response) => {
    let bytes = 0
    request.on('data', (chunk) => (bytes += chunk.length))
    request.on('end', () => response.end(String(bytes)))
  }
  const body = 'x'.repeat(3_000_000)
  const got = await rig.get('/upload', {
    method: 'POST',
    headers: { ...cookie('ann'), origin: rig.origin(), 'content-type': 'application/json' },
    body,
  })
  assert.equal(got.body, '3000000')
})

const socketTo = (headers: Record<string, string>) =>
  new WebSocket(`ws://127.0.0.1:${rig.port}/socket`, { headers: { host: `app.localhost:${rig.port}`, ...headers } })

test('a WebSocket passes both ways, and ends with its session', async () => {
  rig.signedIn('ann', 'reader')
  const socket = socketTo({ ...cookie('ann'), origin: rig.origin() })
  await once(socket, 'open')
  socket.send('héllo')
  const [data] = (await once(socket, 'message')) as [Buffer]
  assert.equal(data.toString(), 'héllo')
  const large = Buffer.alloc(2_000_000, 7)
  socket.send(large)
  const [back] = (await once(socket, 'message')) as [Buffer]
  assert.ok(large.equals(back))
  const closed = once(socket, 'close')
  rig.live.clear()
  rig.ended('ses_ann')
  await closed
})

test('a WebSocket whose session ends while it is let in does not stay open', async () => {
  rig.signedIn('ann', 'reader')
  const principal = rig.live.get('ann')
  assert.ok(principal)
  rig.live.set('ann', {
    ...principal,
    // Read by the decision: after the session was looked up, and before its socket is known.
    get roles() {
      rig.live.clear()
      rig.ended('ses_ann')
      return ['reader']
    },
  })
  const socket = socketTo({ ...cookie('ann'), origin: rig.origin() })
  // It may be over before it was open.
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('close', resolve))
})

test('a WebSocket of another site, without a session, or where none may be, is refused with the reason', async () => {
  rig.signedIn('ann', 'reader')
  rig.signedIn('none', 'nothing')
  for (const [headers, status] of [
    [{ ...cookie('ann'), origin: 'https://evil.example' }, 403],
    [{ ...cookie('ann') }, 403],
    [{ origin: rig.origin() }, 401],
    [{ ...cookie('none'), origin: rig.origin() }, 403],
  ] as const) {
    const socket = socketTo(headers)
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    assert.equal(response.statusCode, status)
    response.destroy()
  }
})

test('many clients that come and go leave no socket behind', async () => {
  rig.signedIn('ann', 'reader')
  await Promise.all(Array.from({ length: 200 }, () => rig.get('/messages', { headers: cookie('ann') })))
  for (let i = 0; i < 20; i++) {
    const raw = connect(rig.port, '127.0.0.1')
    raw.write(`GET /public/ HTTP/1.1\r\nHost: app.localhost:${rig.port}\r\n\r\n`)
    raw.destroy()
  }
  await closedConnections()
})

/** Waits until nobody is connected to the gateway any more. */
async function closedConnections(): Promise<void> {
  const count = () =>
    new Promise<number>((resolve, reject) =>
      rig.server.getConnections((error, found) => (error === null ? resolve(found) : reject(error))),
    )
  const until = Date.now() + 5_000
  while ((await count()) > 0) {
    assert.ok(Date.now() < until, `${await count()} connections are still open`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
