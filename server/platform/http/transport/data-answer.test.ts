import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:http2'
import { get } from 'node:https'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { Type } from 'typebox'
import { systemClock } from '../../clock.ts'
import { defineRoute, Reply } from '../route.ts'
import { openHttpServer, testRoutes } from '../testing.ts'
import { newCertificate } from './testing.ts'

const said = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const common = { method: 'GET', who: 'anyone', sensitive: false, summary: 'Test.', limit: 'read' } as const
const routes = [
  ...testRoutes,
  defineRoute({
    ...common,
    path: '/kept',
    reply: Type.Object({}),
    handle: async () => new Reply(200, {}, { 'cache-control': 'public, max-age=300' }),
  }),
  defineRoute({
    ...common,
    path: '/words',
    reply: Type.Object({ words: Type.String() }),
    handle: async () => ({ words: 'é – 語', secret: 'not in the schema' }),
  }),
  defineRoute({
    ...common,
    path: '/unfit',
    reply: Type.Object({ words: Type.String() }),
    handle: async () => ({}) as { words: string },
  }),
  defineRoute({
    ...common,
    path: '/created',
    reply: Type.Object({ words: Type.String() }),
    handle: async () => new Reply(201, { words: 'new' }),
  }),
  defineRoute({
    ...common,
    path: '/stream',
    reply: Type.Unknown(),
    replyType: 'text/plain',
    handle: async () => new Reply(200, Readable.from(['text']), { 'content-security-policy': 'sandbox' }),
  }),
]
const text = JSON.stringify({ words: 'é – 語' })
const kept = { ...said, 'cache-control': 'public, max-age=300' }
const sandboxed = { ...said, 'content-security-policy': 'sandbox' }
const cases = [
  ['/small', 200, said],
  ['/kept', 200, kept],
  ['/stream', 200, sandboxed],
  ['/nowhere', 404, said],
] as const

const of = (headers: object) => Object.fromEntries(Object.entries(headers).filter(([name]) => name in said))

test('every answer of ours is data, unless it says otherwise; whole hosts of modules speak for themselves', async (t) => {
  const { server, port } = await openHttpServer({
    routes,
    hostHandlers: [
      {
        hosts: ['app.localhost'],
        claims: (host) => host === 'app.localhost',
        handle: (_request, response) => void response.writeHead(200, { 'referrer-policy': 'origin' }).end(),
        upgrade: (_request, socket) => void socket.destroy(),
      },
    ],
  })
  t.after(() => server.drain(0))
  const ask = async (path: string, headers: OutgoingHttpHeaders = { host: 'localhost' }) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }).end()
    const [answer] = await once(sent, 'response')
    answer.resume()
    return [answer.statusCode, of(answer.headers)]
  }
  for (const [path, status, headers] of cases) assert.deepEqual(await ask(path), [status, headers], path)
  assert.deepEqual(await ask('/', { host: 'elsewhere.example' }), [421, said])
  assert.deepEqual(await ask('/small', { host: 'localhost', 'transfer-encoding': 'gzip, chunked' }), [400, said])
  assert.deepEqual(await ask('/', { host: 'app.localhost' }), [200, { 'referrer-policy': 'origin' }])
})

test('an answer says of what type and length it is, and to which request, whichever way it is written', async (t) => {
  const { server, port } = await openHttpServer({ routes })
  t.after(() => server.drain(0))
  const send = async (method: string, path: string) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { host: 'localhost' }, agent: false }).end()
    const [answer] = await once(sent, 'response')
    const body = Buffer.concat(await answer.toArray())
    const { 'content-type': type, 'content-length': length, 'request-id': id, ...others } = answer.headers
    assert.match(id, /^req_\w+$/)
    // One line each: what stands twice can be read in two ways.
    assert.equal(answer.rawHeaders.length, Object.keys(answer.headers).length * 2)
    assert.equal(others['transfer-encoding'], undefined)
    return [answer.statusCode, type, Number(length), `${body}`]
  }
  const json = 'application/json; charset=utf-8'
  const length = Buffer.byteLength(text)
  assert.deepEqual(await send('GET', '/words'), [200, json, length, text])
  assert.deepEqual(await send('HEAD', '/words'), [200, json, length, ''])
  assert.deepEqual(await send('GET', '/created'), [201, json, 15, '{"words":"new"}'])
  assert.deepEqual(await send('GET', '/kept'), [200, json, 2, '{}'])
  const [status, type, , body] = await send('GET', '/unfit')
  assert.deepEqual([status, type], [500, 'application/problem+json'])
  assert.doesNotMatch(String(body), /words/)
})

test('by TLS and in HTTP/2, too, and that all of it is to come by TLS', async (t: TestContext) => {
  const { authority, ...tls } = await newCertificate(['localhost'], systemClock)
  const { server, port } = await openHttpServer({ routes, tls })
  const strict = 'max-age=63072000; includeSubDomains'
  for (const [path, status, headers] of cases) {
    const [answer] = await once(get({ port, ca: authority, path, agent: false }), 'response')
    answer.resume()
    assert.deepEqual([answer.statusCode, of(answer.headers)], [status, headers], path)
    assert.equal(answer.headers['strict-transport-security'], strict, path)
  }
  const session = connect(`https://localhost:${port}`, { ca: authority })
  t.after(async () => {
    session.destroy()
    await server.drain(0)
  })
  for (const [path, status, headers] of cases) {
    const stream = session.request({ ':path': path })
    const [answer] = await once(stream, 'response')
    stream.resume()
    assert.deepEqual([answer[':status'], of(answer)], [status, headers], path)
    assert.equal(answer['strict-transport-security'], strict, path)
  }
})
