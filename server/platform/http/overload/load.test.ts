import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { caller } from '../../../../tools/demo/call.ts'
import { systemClock } from '../../clock.ts'
import { createMetrics } from '../../telemetry/registry.ts'
import { keepingLog } from '../../telemetry/testing.ts'
import { AddressLimits } from '../limits.ts'
import type { HostHandler } from '../ports.ts'
import type { LimitClass } from '../route.ts'
import { defineRoute } from '../route.ts'
import { systemRoutes } from '../system-routes.ts'
import { openHttpServer } from '../testing.ts'
import { Load } from './load.ts'
import { shedHosts } from './shed-hosts.ts'

const classes: readonly LimitClass[] = ['expensive', 'write', 'read', 'sign-in']

async function start(t: { after(fn: () => unknown): void }) {
  const metrics = createMetrics()
  const { log, lines } = keepingLog()
  const load = new Load(metrics, log)
  // It looks at this process no more: what a test says of the delay is all that is known of it.
  load.close()
  const handler: HostHandler = {
    hosts: ['app.localhost'],
    claims: (host) => host === 'app.localhost',
    handle: (_request, response) => void response.end('{"passed":true}'),
    upgrade: (_request, socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  }
  const { server, port } = await openHttpServer({
    metrics,
    routes: [
      ...systemRoutes(
        [],
        () => false,
        () => ({}),
        [],
      ),
      ...classes.map((limit) =>
        defineRoute({
          method: 'POST',
          path: `/v1/${limit}`,
          who: 'anyone',
          sensitive: false,
          summary: 'Test.',
          limit,
          reply: Type.Object({}),
          handle: async () => ({}),
        }),
      ),
    ],
    services: {
      clock: systemClock,
      load,
      limits: new AddressLimits(systemClock),
      authenticators: [],
      authorizer: { decide: () => ({ allowed: false, reason: 'no-grant', policies: [] }) },
      ownOrigins: new Set(['http://localhost']),
      sensitiveMaxAgeSeconds: 600,
      onDenied() {},
    },
    hostHandlers: [shedHosts(handler, load, 'https://id.example.org')],
  })
  t.after(() => server.drain(0))
  const call = caller(port, 'localhost')
  const app = caller(port, 'app.localhost')
  const served = async () => {
    const out: string[] = []
    for (const one of classes) if ((await call('POST', `/v1/${one}`)).status !== 503) out.push(one)
    for (const path of ['/livez', '/readyz', '/openapi.json'])
      if ((await call('GET', path)).status === 200) out.push(path)
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/'],
      ['GET', '/.custodia/session'],
    ] as const)
      if ((await app(method, path)).status === 200) out.push(`${method} ${path}`)
    return out
  }
  return { load, served, call, app, lines, metrics }
}

test('a late process answers fewer and fewer classes, signing in and health always', async (t) => {
  const { load, served } = await start(t)
  const always = ['sign-in', '/livez', '/readyz']
  const [reads, back] = [['/openapi.json', 'GET /'], ['GET /.custodia/session']]
  assert.equal((await served()).length, 10)
  load.sample(1_000)
  assert.deepEqual(await served(), ['write', 'read', ...always, '/openapi.json', 'GET /', 'POST /', ...back])
  load.sample(1_000)
  assert.deepEqual(await served(), ['read', ...always, ...reads, ...back])
  load.sample(1_000)
  assert.deepEqual(await served(), [...always, ...back])
  for (let i = 0; i < 12; i++) load.sample(0)
  assert.equal((await served()).length, 10)
})

test('whoever is refused is told when to come back, it is counted, and the log says so once', async (t) => {
  const { load, call, app, lines, metrics } = await start(t)
  for (let i = 0; i < 3; i++) load.sample(1_000)
  for (const answer of [await call('POST', '/v1/write'), await app('GET', '/')])
    assert.deepEqual([answer.status, answer.body.code], [503, 'SERVER_BUSY'])
  const text = await metrics.text()
  assert.match(text, /^custodia_http_shedding 3$/m)
  assert.match(text, /^custodia_http_shed_total\{class="write"\} 1$/m)
  assert.equal(lines.filter(({ level }) => level === 'warn').length, 1)
})
