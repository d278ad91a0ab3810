import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Type } from 'typebox'
import { systemClock } from '../clock.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { keepingLog } from '../telemetry/testing.ts'
import type { ApiVersions } from './api-versions.ts'
import { checkApiVersions, lifecycleOf, unknownVersions, versionOf } from './api-versions.ts'
import { AddressLimits } from './limits.ts'
import { openApiDocument } from './openapi.ts'
import type { Deprecation } from './route.ts'
import { defineRoute } from './route.ts'
import type { HttpServer } from './server.ts'
import { createHttpServer } from './server.ts'

const handled: string[] = []
const routeAt = (path: string, deprecated?: Deprecation, method: 'GET' | 'POST' = 'GET') =>
  defineRoute({
    method,
    path,
    summary: 'Test.',
    who: 'anyone',
    limit: 'read',
    sensitive: false,
    ...(method === 'POST' ? { body: Type.Object({}) } : {}),
    ...(deprecated === undefined ? {} : { deprecated }),
    reply: Type.Object({ status: Type.String() }),
    handle: async () => {
      handled.push(path)
      return { status: 'ok' }
    },
  })

const routes = [
  routeAt('/v1/old', { since: '2026-11-01', sunset: '2027-05-01', successor: '/v2/new' }),
  routeAt('/v1/kept'),
  routeAt('/v2/new'),
  routeAt('/2026-01-31/dated'),
  routeAt('/2026-01-31/dated', undefined, 'POST'),
  routeAt('/livez'),
]
const apiVersions: ApiVersions = {
  v1: { sunset: '2027-01-01' },
  '2026-01-31': { closed: true, reason: 'It showed more than it should.' },
}

test('a version is a number or a day at the beginning of the path, or after a name that a standard puts first', () => {
  for (const [path, version] of [
    ['/v1/users', 'v1'],
    ['/v12', 'v12'],
    ['/2026-01-31/x', '2026-01-31'],
    ['/livez', null],
    ['/v0/x', null],
    ['/v1x/y', null],
    ['/access/v1/evaluation', 'v1'],
    ['/access/2026-01-31', '2026-01-31'],
    ['/v2/v1', 'v2'],
    ['/a/b/v1', null],
    ['/access1/v1', null],
    ['/.well-known/v1', null],
    ['//v1', null],
    ['/2026-1-31/x', null],
  ] as const)
    assert.equal(versionOf(path), version, path)
})

test('of what the route and the operator say the earlier day counts, and a day of sunset alone is one of deprecation', () => {
  const route = { path: '/v1/a', deprecated: { since: '2026-11-01', sunset: '2027-05-01' } }
  const at = (said: ApiVersions[string]) => lifecycleOf(route, { v1: said }).deprecation
  assert.deepEqual(at({ deprecated: '2026-12-01', sunset: '2027-01-01' }), {
    since: '2026-11-01',
    sunset: '2027-01-01',
  })
  assert.deepEqual(at({ deprecated: '2026-10-01' }), { since: '2026-10-01', sunset: '2027-05-01' })
  assert.deepEqual(lifecycleOf({ path: '/v1/a' }, { v1: { sunset: '2027-01-01' } }).deprecation, {
    since: '2027-01-01',
    sunset: '2027-01-01',
  })
  assert.equal(lifecycleOf({ path: '/v2/a' }, { v1: { closed: true } }).closed, null)
})

test('what is no version, no day and no reason is refused and named', () => {
  for (const [value, says] of [
    [[], /not a mapping/],
    [{ version1: {} }, /version1 is no version/],
    [{ v1: null }, /v1 is not a mapping/],
    [{ v1: { sunsets: '2027-01-01' } }, /v1\.sunsets is not known/],
    [{ v1: { toString: true } }, /v1\.toString is not known/],
    [{ v1: { sunset: 'soon' } }, /v1\.sunset is not a day/],
    [{ v1: { sunset: '2027-02-30' } }, /v1\.sunset is not a day/],
    [{ v1: { deprecated: 20270101 } }, /v1\.deprecated is not a day/],
    [{ v1: { deprecated: '2027-02-01', sunset: '2027-01-01' } }, /comes before/],
    [{ v1: { closed: 'yes' } }, /v1\.closed is not true or false/],
    [{ v1: { closed: true, reason: 'a\nb' } }, /v1\.reason is not a line/],
    [{ v1: { reason: 'why' } }, /closed/],
  ] as const)
    assert.throws(() => checkApiVersions(value), says, JSON.stringify(value))
  assert.deepEqual(checkApiVersions(apiVersions), apiVersions)
})

test('a version that no route has is found', () => {
  assert.deepEqual(unknownVersions({ ...apiVersions, v3: { closed: true } }, routes), ['v3'])
})

test('the document says which operations are on their way out, and which are closed', () => {
  const document = openApiDocument([{ name: 'test', routes, errors: {} }], '1', 'http://x', apiVersions) as unknown as {
    paths: Record<string, Record<string, Record<string, unknown>>>
  }
  const at = (path: string) => document.paths[path]?.get ?? {}
  assert.deepEqual(
    [at('/v1/old').deprecated, at('/v1/old')['x-deprecation'], at('/v1/old')['x-api-version']],
    [true, { since: '2026-11-01', sunset: '2027-01-01', successor: '/v2/new' }, 'v1'],
  )
  assert.deepEqual([at('/2026-01-31/dated').deprecated, at('/2026-01-31/dated')['x-closed']], [true, true])
  assert.deepEqual([at('/v2/new').deprecated, at('/livez')['x-api-version']], [undefined, undefined])
})

describe('a server with old versions', () => {
  let server: HttpServer
  let port: number
  let asked = 0
  const metrics = createMetrics()
  before(async () => {
    server = await createHttpServer({
      routes,
      services: {
        clock: systemClock,
        limits: new AddressLimits(systemClock),
        authenticators: [
          {
            name: 'counting',
            authenticate: () => {
              asked += 1
              return null
            },
          },
        ],
        authorizer: { decide: () => ({ allowed: false, reason: 'no-grant', policies: [] }) },
        ownOrigins: new Set(),
        sensitiveMaxAgeSeconds: 600,
        onDenied() {},
      },
      ownHosts: new Set(['127.0.0.1']),
      hostHandlers: [],
      pages: null,
      tls: null,
      log: keepingLog().log,
      metrics,
      trustedProxies: [],
      requestTimeoutSeconds: 5,
      bodyLimitBytes: 1_024,
      apiVersions,
    })
    port = await server.listen('127.0.0.1', 0)
  })
  after(() => server.drain(0))
  const call = async (path: string, method = 'GET') => {
    const body = method === 'GET' ? {} : { body: '{"x":1}', headers: { 'content-type': 'application/json' } }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...body })
    const said = (await answer.json()) as Record<string, unknown>
    const [deprecation, sunset, link] = ['deprecation', 'sunset', 'link'].map((name) => answer.headers.get(name))
    return { status: answer.status, said, headers: [deprecation, sunset, link] }
  }

  test('says when a route was deprecated, when it ends and what takes its place; others say nothing', async () => {
    const old = await call('/v1/old')
    assert.equal(old.status, 200)
    assert.deepEqual(old.headers, [
      '@1793491200',
      'Fri, 01 Jan 2027 00:00:00 GMT',
      '</v2/new>; rel="successor-version"',
    ])
    assert.deepEqual((await call('/v1/kept')).headers, ['@1798761600', 'Fri, 01 Jan 2027 00:00:00 GMT', null])
    for (const path of ['/v2/new', '/livez']) assert.deepEqual((await call(path)).headers, [null, null, null], path)
  })

  test('a closed version answers 410 with the reason, before anybody is asked who they are and before a body is read', async () => {
    const before = [asked, handled.length]
    for (const method of ['GET', 'POST']) {
      const { status, said } = await call('/2026-01-31/dated', method)
      assert.deepEqual(
        [status, said.code, said.version, said.reason],
        [410, 'API_VERSION_CLOSED', '2026-01-31', 'It showed more than it should.'],
      )
    }
    assert.deepEqual([asked, handled.length], before)
  })

  test('calls are counted by version', async () => {
    await call('/v2/new')
    const text = await metrics.text()
    assert.match(text, /^custodia_api_calls_total\{version="2026-01-31",deprecated="false"\} 2$/m)
    assert.match(text, /^custodia_api_calls_total\{version="v1",deprecated="true"\} 2$/m)
    assert.doesNotMatch(text, /version="none"/)
  })
})
