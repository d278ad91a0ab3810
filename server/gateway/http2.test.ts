import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { connect, constants } from 'node:http2'
import test, { after, before, beforeEach } from 'node:test'
import { systemClock } from '../platform/clock.ts'
import { openHttpServer } from '../platform/http/testing.ts'
import { newCertificate } from '../platform/http/transport/testing.ts'
import type { TestGateway } from './testing.ts'
import { openTestGateway } from './testing.ts'

// Replies to clients of HTTP/2, through the real listener.

let rig: TestGateway
let client: ClientHttp2Session
let ask: (path: string) => ClientHttp2Stream
let close: () => Promise<void>
before(async () => {
  rig = await openTestGateway()
  const { authority, ...tls } = await newCertificate(['localhost'], systemClock)
  const { server, port } = await openHttpServer({
    tls,
    hostHandlers: [
      {
        hosts: ['app.localhost'],
        claims: (host) => host === 'app.localhost',
        handle: (request, response) => rig.gateway.handle(request, response),
        upgrade: (_request, socket) => void socket.destroy(),
      },
    ],
  })
  client = connect(`https://localhost:${port}`, { ca: authority })
  ask = (path) => client.request({ ':path': path, ':authority': `app.localhost:${port}` }).on('error', () => {})
  close = async () => {
    client.destroy()
    await server.drain(0)
    await rig.close()
  }
})
after(() => close())
beforeEach(() => rig.reset())

test('half a reply does not look like a whole one, of whatever length it was said to be', async () => {
  for (const headers of [{ 'content-length': '100' }, {}]) {
    rig.behave = (_request, response) => {
      response.writeHead(200, headers)
      response.write('half')
      setImmediate(() => response.destroy())
    }
    const stream = ask('/public/half')
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    assert.equal(stream.rstCode, constants.NGHTTP2_INTERNAL_ERROR)
  }
})

test('what the reader does not take is not taken from the sender, and all of it comes', async () => {
  const part = Buffer.alloc(65_536, 'x')
  const parts = 1_000
  let sent = 0
  rig.behave = (_request, response) => {
    const pump = () => {
      while (sent < parts) {
        sent += 1
        if (!response.write(part)) return void response.once('drain', pump)
      }
      response.end()
    }
    pump()
  }
  const stream = ask('/public/large')
  await once(stream, 'response')
  let last = -1
  while (last !== sent) {
    last = sent
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(sent < parts / 2, `${sent} parts of ${parts} were taken from the sender while nobody read`)
  let received = 0
  for await (const chunk of stream) received += (chunk as Buffer).length
  assert.equal(received, parts * part.length)
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
})

test('a reader who resets the stream ends the request at the application, before its reply and within it', async () => {
  const before = rig.said()
  for (const begins of [false, true]) {
    const asked = Promise.withResolvers<ServerResponse>()
    rig.behave = (_request, response) => {
      if (begins) response.write('begun')
      asked.resolve(response)
    }
    const stream = ask('/public/later')
    const there = await asked.promise
    if (begins) await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    await once(there, 'close')
    assert.equal(there.writableEnded, false)
  }
  assert.equal(rig.said(), before)
})
