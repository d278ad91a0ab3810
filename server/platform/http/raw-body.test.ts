import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { frozenClock } from '../clock.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { refuseRequest } from './errors.ts'
import { AddressLimits } from './limits.ts'
import type { BodyProof } from './ports.ts'
import { defineRoute } from './route.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'

const route = {
  who: 'signed-in',
  limit: 'read',
  sensitive: false,
  reply: Type.Object({ bytes: Type.Integer() }),
  summary: 'Count.',
} as const
let asked = 0
const count = async (body: AsyncIterable<Uint8Array>) => {
  asked += 1
  let bytes = 0
  for await (const piece of body) bytes += piece.length
  return { bytes }
}
const routes = [
  defineRoute({
    ...route,
    method: 'POST',
    path: '/raw',
    rawBody: true,
    bodyLimitBytes: 100_000,
    handle: ({ rawBody }) => count(rawBody),
  }),
  defineRoute({
    ...route,
    method: 'POST',
    path: '/json',
    body: Type.Object({}),
    handle: ({ rawBody }) => count(rawBody),
  }),
]

/** Signed: the body must be all `a`. */
class AllA implements BodyProof {
  static ended = 0
  hold(bytes: Uint8Array): void {
    if (!bytes.every((byte) => byte === 97))
      throw refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'is not what was signed' })
  }
  end(): void {
    AllA.ended += 1
  }
}

let server: HttpServer
let port = 0
before(async () => {
  const clock = frozenClock()
  const principal = {
    kind: 'user',
    id: 'u',
    organisationId: 'o',
    roles: [],
    sessionId: 's',
    factors: [],
    authenticatedAtMs: 0,
  } as const
  server = await createHttpServer({
    routes,
    services: {
      clock,
      limits: new AddressLimits(clock),
      authenticators: [
        {
          name: 'test',
          authenticate: ({ headers }) => (headers.authorization === undefined ? null : principal),
          proof: ({ headers }) => (headers.authorization === 'signed' ? new AllA() : null),
        },
      ],
      authorizer: { decide: () => ({ allowed: true, reason: 'permitted', policies: [] }) },
      ownOrigins: new Set(),
      sensitiveMaxAgeSeconds: 600,
      onDenied() {},
    },
    ownHosts: new Set(['custodia.localhost']),
    ...{
      hostHandlers: [],
      pages: null,
      tls: null,
      trustedProxies: [],
      requestTimeoutSeconds: 20,
      bodyLimitBytes: 65_536,
    },
    log: keepingLog().log,
    metrics: createMetrics(),
  })
  port = await server.listen('127.0.0.1', 0)
})
after(async () => await server.drain(0))

/** @returns status and body of the answer. */
function post(path: string, head: string, body: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    socket.on('data', (data) => {
      said += data.toString('latin1')
      if (/\r\n\r\n.*\}/s.test(said)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () =>
      resolve(`${said.slice(9, 12)} ${/"code":"(\w+)"/.exec(said)?.[1] ?? said.split('\r\n\r\n')[1]}`),
    )
    socket.write(`POST ${path} HTTP/1.1\r\nHost: custodia.localhost\r\n${head}\r\n\r\n${body}`)
  })
}

const raw = (length: number, authorization = 'plain') =>
  `Authorization: ${authorization}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}`
const chunked = 'Authorization: plain\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked'

test('bytes come as they are, with a length or in chunks, or not at all', async () => {
  assert.equal(await post('/raw', raw(70_000), '{'.repeat(70_000)), '200 {"bytes":70000}')
  assert.equal(await post('/raw', chunked, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'), '200 {"bytes":5}')
  assert.equal(await post('/raw', 'Authorization: plain\r\nContent-Length: 0', ''), '200 {"bytes":0}')
})

test('who may not is told before their body comes, and so is one that is too long', async () => {
  const before = asked
  assert.equal(
    await post('/raw', raw(1_000).replace('Authorization: plain\r\n', ''), ''),
    '401 AUTHENTICATION_REQUIRED',
  )
  assert.equal(await post('/raw', raw(100_001), ''), '413 REQUEST_TOO_LARGE')
  assert.equal(asked, before)
  const piece = `8000\r\n${'a'.repeat(0x8000)}\r\n`
  assert.equal(await post('/raw', chunked, piece.repeat(4)), '413 REQUEST_TOO_LARGE')
})

test('a route takes one kind of body', async () => {
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x'])
    assert.equal(
      await post('/raw', `Authorization: plain\r\nContent-Type: ${type}\r\nContent-Length: 2`, '{}'),
      '415 MEDIA_TYPE_UNSUPPORTED',
    )
  assert.equal(await post('/raw', 'Authorization: plain\r\nContent-Length: 2', '{}'), '415 MEDIA_TYPE_UNSUPPORTED')
  assert.equal(await post('/json', raw(2), '{}'), '415 MEDIA_TYPE_UNSUPPORTED')
  assert.equal(
    await post('/json', 'Authorization: plain\r\nContent-Type: application/json\r\nContent-Length: 2', '{}'),
    '200 {"bytes":0}',
  )
})

test('what was signed is held whole before the handler sees any of it', async () => {
  const before = asked
  assert.equal(await post('/raw', raw(3, 'signed'), 'aba'), '400 REQUEST_INVALID')
  assert.equal(asked, before)
  assert.equal(await post('/raw', raw(90_000, 'signed'), 'a'.repeat(90_000)), '200 {"bytes":90000}')
  assert.equal(AllA.ended, 1)
})

test('one that ends before its length is refused, and is no fault', async () => {
  const before = asked
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST /raw HTTP/1.1\r\nHost: custodia.localhost\r\n${raw(1_000)}\r\n\r\nabc`)
  while (asked === before) await new Promise((resolve) => setImmediate(resolve))
  socket.destroy()
  assert.equal(await post('/raw', raw(1), 'a'), '200 {"bytes":1}')
})
