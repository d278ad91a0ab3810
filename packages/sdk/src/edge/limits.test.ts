import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { CustodiaError } from '../errors.ts'
import { limitCallers as callersOfExpress, limitRequests as limitExpress } from './express.ts'
import { limitRequests as limitFastify } from './fastify.ts'
import { limitCallers as callersOfHono, limitRequests as limitHono } from './hono.ts'
import type { LimitsSettings } from './limits.ts'
import { createLimits } from './limits.ts'

const policies: LimitsSettings['policies'] = {
  each: { by: 'address', burst: 3, perSeconds: 3_600 },
  own: { by: 'account', burst: 1, perSeconds: 3_600 },
}

type Asked = { status: number; headers: Headers; body: Record<string, unknown> }
type App = { ask(account?: string): Promise<Asked>; handled(): number; stop(): Promise<unknown> }

const read = async (response: Response): Promise<Asked> => {
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

const apps: Readonly<Record<string, () => Promise<App>>> = {
  async Fastify() {
    let handled = 0
    const app = fastify()
    const caller = ({ headers }: { headers: Record<string, unknown> }) =>
      typeof headers['x-account'] === 'string' ? { account: headers['x-account'] } : null
    await app.register(limitFastify, { limits: createLimits({ policies }), caller: caller as never })
    app.get('/', async () => ({ handled: ++handled }))
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { ask: (account) => askAt(url, account), handled: () => handled, stop: () => app.close() }
  },
  async Express() {
    let handled = 0
    const app = express()
    const limits = createLimits({ policies })
    app.use(limitExpress(limits))
    app.use(callersOfExpress(limits, (request) => accountIn(request.get('x-account'))))
    app.get('/', (_request, response) => void response.json({ handled: ++handled }))
    const server: Server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const stop = async () => {
      server.closeAllConnections()
      server.close()
    }
    return { ask: (account) => askAt(url, account), handled: () => handled, stop }
  },
  async Hono() {
    let handled = 0
    const app = new Hono()
    const limits = createLimits({ policies })
    const address = () => '127.0.0.1'
    app.use(limitHono(limits, address))
    app.use(callersOfHono(limits, address, (context) => accountIn(context.req.header('x-account'))))
    app.get('/', (context) => context.json({ handled: ++handled }))
    return {
      ask: async (account) => await read(await app.request('/', { headers: headersOf(account) })),
      handled: () => handled,
      stop: async () => {},
    }
  },
}

const accountIn = (text: string | undefined) => (text === undefined ? null : { account: text })
const headersOf = (account: string | undefined) => (account === undefined ? {} : { 'x-account': account })
const askAt = async (url: string, account?: string) => await read(await fetch(url, { headers: headersOf(account) }))

for (const [name, open] of Object.entries(apps)) {
  test(`${name}: an address and an account have what they may, are told what is left, and are refused before anything is done`, async (t) => {
    const app = await open()
    t.after(() => app.stop())
    const first = await app.ask('ann')
    assert.equal(first.status, 200)
    assert.equal(first.headers.get('ratelimit-policy'), '"own";q=1;w=3600')
    const again = await app.ask('ann')
    assert.deepEqual([again.status, again.body.code], [429, 'LIMIT_REACHED'])
    assert.equal(again.headers.get('content-type'), 'application/problem+json')
    assert.ok(Number(again.headers.get('retry-after')) > 3_000)
    const third = await app.ask()
    assert.deepEqual([third.status, third.headers.get('ratelimit')], [200, '"each";r=0;t=3600'])
    const last = await app.ask('bob')
    assert.deepEqual([last.status, last.headers.get('ratelimit-policy')], [429, '"each";q=3;w=3600'])
    assert.equal(app.handled(), 2)
  })
}

test('a limit on a path holds however a router lets it be spelled', async (t) => {
  const search: LimitsSettings['policies'] = { search: { by: 'route', burst: 1, perSeconds: 3_600, path: '/search' } }
  const fast = fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  await fast.register(limitFastify, { limits: createLimits({ policies: search }) })
  fast.get('/search', async () => 'found')
  const slow = express()
  slow.use(limitExpress(createLimits({ policies: search })))
  slow.get('/search', (_request, response) => void response.send('found'))
  const server = slow.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const hono = new Hono({ strict: false })
  hono.use(limitHono(createLimits({ policies: search }), () => '127.0.0.1'))
  hono.get('/search', (context) => context.text('found'))
  const asks: Readonly<Record<string, (path: string) => Promise<number>>> = {
    Fastify: async (path) => (await fast.inject(path)).statusCode,
    Express: async (path) => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)).status,
    Hono: async (path) => (await hono.request(path)).status,
  }
  for (const [name, ask] of Object.entries(asks)) {
    assert.equal(await ask('/search'), 200)
    for (const path of ['/search', '/SEARCH', '/search/', '/%73earch', '/Search/?q=1'])
      assert.equal(await ask(path), 429, `${name} ${path}`)
    assert.equal(await ask('/searches'), 404)
  }
})

test('policies that are mistyped are refused where they are written', () => {
  for (const wrong of [{ Each: policies.each }, { each: { ...policies.each, by: 'ip' } }, { each: {} }])
    assert.throws(
      () => createLimits({ policies: wrong as never }),
      (error) => error instanceof CustodiaError && error.code === 'CONFIGURATION_INVALID',
    )
})

test('a Redis that fails is left alone, and the process counts by itself', async () => {
  let asked = 0
  const evaluate = () => {
    asked += 1
    return Promise.reject(new Error('gone'))
  }
  const limits = createLimits({ policies, redis: { evaluate } })
  let passed = 0
  for (let i = 0; i < 10; i++) if ((await limits.arrive('GET', '/', '192.0.2.1')).refusal === null) passed += 1
  assert.deepEqual([passed, asked], [3, 1])
})
