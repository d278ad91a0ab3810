import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:http2'
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
    path: '/stream',
    reply: Type.Unknown(),
    replyType: 'text/plain',
    handle: async () => new Reply(200, Readable.from(['text']), { 'content-security-policy': 'sandbox' }),
  }),
]
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
  const get = async (path: string, headers: OutgoingHttpHeaders = { host: 'localhost' }) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }).end()
    const [answer] = await once(sent, 'response')
    answer.resume()
    return [answer.statusCode, of(answer.headers)]
  }
  for (const [path, status, headers] of cases) assert.deepEqual(await get(path), [status, headers], path)
  assert.deepEqual(await get('/', { host: 'elsewhere.example' }), [421, said])
  assert.deepEqual(await get('/small', { host: 'localhost', 'transfer-encoding': 'gzip, chunked' }), [400, said])
  assert.deepEqual(await get('/', { host: 'app.localhost' }), [200, { 'referrer-policy': 'origin' }])
})

test('in HTTP/2, too', async (t: TestContext) => {
  const { authority, ...tls } = await newCertificate(['localhost'], systemClock)
  const { server, port } = await openHttpServer({ routes, tls })
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
  }
})
