import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { Type } from 'typebox'
import { caller } from '../../../tools/demo/call.ts'
import { systemClock } from '../clock.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { AddressLimits } from './limits.ts'
import type { RouteRequest, Who } from './route.ts'
import { defineRoute } from './route.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'

describe('a handler that does not answer as it should', () => {
  let server: HttpServer
  let port: number
  const late = Promise.withResolvers<string>()
  let asked = () => {}
  const metrics = createMetrics()

  const handlers: Readonly<Record<string, (request: RouteRequest<Who, undefined, undefined, undefined>) => unknown>> = {
    '/v1/never': ({ signal }) =>
      new Promise(() => signal.addEventListener('abort', () => late.resolve('told'), { once: true })),
    '/v1/too-late': ({ signal }) => {
      asked()
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve({ status: 'late' }), { once: true }),
      )
    },
    '/v1/throws-text': () => Promise.reject('the password is hunter2'),
    '/v1/throws-at-once': () => {
      throw new Error('the password is hunter2')
    },
    '/v1/well': async () => ({ status: 'ok' }),
  }

  before(async () => {
    server = await createHttpServer({
      routes: Object.entries(handlers).map(([path, handle]) =>
        defineRoute({
          method: 'GET',
          path,
          summary: 'Test.',
          who: 'anyone',
          limit: 'read',
          sensitive: false,
          reply: Type.Object({ status: Type.String() }),
          handle: handle as () => Promise<{ status: string }>,
        }),
      ),
      services: {
        clock: systemClock,
        limits: new AddressLimits(systemClock),
        authenticators: [],
        authorizer: { decide: () => ({ allowed: false, reason: 'no-grant', policies: [] }) },
        ownOrigins: new Set(),
        sensitiveMaxAgeSeconds: 600,
        onDenied() {},
      },
      ownHosts: new Set(['custodia.localhost']),
      hostHandlers: [],
      pages: null,
      tls: null,
      log: keepingLog().log,
      metrics,
      trustedProxies: [],
      requestTimeoutSeconds: 0.2,
      bodyLimitBytes: 1_024,
    })
    port = await server.listen('127.0.0.1', 0)
  })
  after(() => server.drain(0))
  const get = (path: string) => caller(port, 'custodia.localhost')('GET', path)

  test('one that takes too long is told so, and its caller gets an answer', async () => {
    const { status, body } = await get('/v1/never')
    assert.deepEqual([status, body.code], [503, 'SERVER_BUSY'])
    assert.equal(await late.promise, 'told')
  })

  test('what it says after its time is said to nobody, and is no fault of the process', async () => {
    for (const _ of [1, 2]) {
      const { status, body } = await get('/v1/too-late')
      assert.deepEqual([status, body.code], [503, 'SERVER_BUSY'])
    }
    const left = request({ host: '127.0.0.1', port, path: '/v1/too-late', headers: { host: 'custodia.localhost' } })
    const arrived = new Promise<void>((resolve) => (asked = resolve))
    left.on('error', () => {}).end()
    await arrived
    left.destroy()
    assert.equal((await get('/v1/well')).status, 200)
  })

  test('whatever it throws, an Error or not, is a fault of which nothing is said', async () => {
    for (const path of ['/v1/throws-text', '/v1/throws-at-once']) {
      const { status, body } = await get(path)
      assert.deepEqual([status, body.code], [500, 'SERVER_FAULT'], path)
      assert.doesNotMatch(JSON.stringify(body), /hunter2/)
    }
  })

  test('one that is done in time is not answered again, and every answer is counted under its route and status', async () => {
    assert.deepEqual((await get('/v1/well')).body, { status: 'ok' })
    await get('/v1/never')
    const text = await metrics.text()
    for (const [route, status] of [
      ['/v1/well', 200],
      ['/v1/never', 503],
      ['/v1/throws-text', 500],
    ])
      assert.match(text, new RegExp(`_count\\{route="GET ${route}",status="${status}"\\} [1-9]`))
  })
})
