import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { solveWork } from '@custodia/edge/challenge/solve.ts'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { CustodiaError } from '../errors.ts'
import { limitRequests as limitExpress } from './express.ts'
import { limitRequests as limitFastify } from './fastify.ts'
import { limitRequests as limitHono } from './hono.ts'
import type { LimitsSettings } from './limits.ts'
import { createLimits } from './limits.ts'
import { createWorkingFetch } from './working-fetch.ts'

const policies: LimitsSettings['policies'] = {
  attacked: { by: 'route', burst: 1, perSeconds: 86_400, exceeded: 'challenge' },
}
const secret = randomBytes(32)
const limitsOf = (told: string[]) =>
  createLimits({ policies, challenge: { secret }, onChallenged: ({ outcome }) => void told.push(outcome) })

type App = {
  readonly address: string
  readonly told: string[]
  fetch(url: string, init?: RequestInit): Promise<Response>
  stop(): Promise<unknown>
}

const fetchOf = (url: string, init?: RequestInit) => fetch(url, init)

const apps: Readonly<Record<string, () => Promise<App>>> = {
  async Fastify() {
    const told: string[] = []
    const app = fastify()
    await app.register(limitFastify, { limits: limitsOf(told) })
    app.get('/', async () => 'hello')
    app.post('/', async ({ body }) => body)
    const address = `${await app.listen({ port: 0, host: '127.0.0.1' })}/`
    return { address, told, fetch: fetchOf, stop: () => app.close() }
  },
  async Express() {
    const told: string[] = []
    const app = express()
    app.use(limitExpress(limitsOf(told)))
    app.get('/', (_request, response) => void response.cookie('theirs', '1').send('hello'))
    app.post('/', express.json(), (request, response) => void response.json(request.body))
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const stop = async () => {
      server.closeAllConnections()
      server.close()
    }
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    return { address, told, fetch: fetchOf, stop }
  },
  async Hono() {
    const told: string[] = []
    const app = new Hono()
    app.use(limitHono(limitsOf(told), () => '127.0.0.1'))
    app.get('/', (context) => context.text('hello'))
    app.post('/', async (context) => context.json(await context.req.json()))
    return {
      address: 'http://shop.example/',
      told,
      fetch: async (url, init) => await app.request(url, init),
      stop: async () => {},
    }
  },
}

const json = { 'content-type': 'application/json' }

for (const [name, open] of Object.entries(apps)) {
  test(`${name}: who works comes in and has a pass, programs by a fetch that does it, people by a page`, async (t) => {
    const app = await open()
    const { address } = app
    t.after(() => app.stop())
    assert.equal((await app.fetch(address)).status, 200)
    const refused = await app.fetch(address)
    const problem = (await refused.json()) as Record<string, unknown>
    assert.deepEqual(
      [refused.status, problem.code, problem.proofHeader, problem.passHeader],
      [429, 'PROOF_OF_WORK_REQUIRED', 'work-proof', 'work-pass'],
    )
    assert.ok(Number(refused.headers.get('retry-after')) > 80_000)

    const page = await app.fetch(address, { headers: { 'sec-fetch-mode': 'navigate', accept: 'text/html' } })
    // Browsers alone may say so; `fetch` of Node says `cors` by itself.
    if (name === 'Hono') {
      assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
      assert.match(await page.text(), /data-header="work-proof"/)
    }
    const script = await app.fetch(`${address}.custodia/challenge/worker.js`)
    assert.deepEqual([script.status, script.headers.get('content-type')], [200, 'text/javascript; charset=utf-8'])

    const working = createWorkingFetch({ fetch: app.fetch })
    const posted = await working(address, { method: 'POST', body: '{"a":1}', headers: json })
    assert.deepEqual([posted.status, await posted.json()], [200, { a: 1 }])
    assert.match(String(posted.headers.get('set-cookie')), /^__Host-work-pass-attacked=/)
    const before = app.told.filter((one) => one === 'asked').length
    const again = await working(address)
    assert.deepEqual([again.status, await again.text()], [200, 'hello'])
    assert.deepEqual(
      [app.told.filter((one) => one === 'asked').length, app.told.filter((one) => one === 'solved').length],
      [before, 1],
    )
    assert.equal((await app.fetch(address)).status, 429)
  })
}

test('two processes with one secret know each other’s challenges, and take a proof once where they remember together', async () => {
  const burnt = new Set<string>()
  const once = async (key: string) => !burnt.has(key) && burnt.add(key).has(key)
  const [one, two] = [0, 1].map(() => createLimits({ policies, challenge: { secret, once } }))
  const ask = async (limits: typeof one, headers: Record<string, string> = {}) =>
    await limits?.arrive('GET', '/', '192.0.2.1', { host: 'shop.example', headers })
  for (const limits of [one, two]) await ask(limits)
  const refused = JSON.parse((await ask(one))?.refusal?.body ?? '') as { challenge: string }
  const proof = { 'work-proof': (await solveWork(JSON.parse(refused.challenge))) as string }
  assert.equal((await ask(two, proof))?.refusal, null)
  assert.equal((await ask(one, proof))?.refusal?.status, 429)
})

test('while the memory that processes share fails or is silent, each takes a proof once by itself', {
  timeout: 60_000,
}, async () => {
  for (const once of [() => Promise.reject(new Error('gone')), () => new Promise<boolean>(() => {})]) {
    const limits = createLimits({ policies, challenge: { secret, once } })
    const ask = async (headers: Record<string, string> = {}) =>
      await limits.arrive('GET', '/', '192.0.2.1', { host: 'shop.example', headers })
    await ask()
    const refused = JSON.parse((await ask()).refusal?.body ?? '') as { challenge: string }
    const proof = { 'work-proof': (await solveWork(JSON.parse(refused.challenge))) as string }
    assert.equal((await ask(proof)).refusal, null)
    assert.equal((await ask(proof)).refusal?.status, 429)
  }
})

test('a fetch works for nothing that ours would not ask, and gives up in time', async () => {
  let asked = 0
  const parameters = { algorithm: 'PBKDF2/SHA-256', cost: 1, keyLength: 32, keyPrefix: '0', nonce: '00', salt: '00' }
  const problem = (changes: object, more: object = {}) => ({
    code: 'PROOF_OF_WORK_REQUIRED',
    proofHeader: 'work-proof',
    challenge: JSON.stringify({ parameters: { ...parameters, ...changes } }),
    ...more,
  })
  const answering = (body: unknown, type = 'application/problem+json', patienceMs = 60_000) =>
    createWorkingFetch({
      patienceMs,
      fetch: async (_url, init) => {
        asked += 1
        const proof = new Headers(init.headers).get('work-proof')
        return proof === null
          ? new Response(JSON.stringify(body), { status: 429, headers: { 'content-type': type } })
          : new Response('in')
      },
    })
  assert.equal((await answering(problem({}))('http://shop.example/')).status, 200)
  for (const [body, type, patienceMs] of [
    [problem({ cost: 1_000_000 })],
    [problem({ keyPrefix: '0000' })],
    [problem({ keyPrefix: 0 })],
    [problem({ algorithm: 'ARGON2ID' })],
    [problem({}, { proofHeader: 'authorization' })],
    [problem({}, { code: 'LIMIT_REACHED' })],
    [problem({}, { challenge: 'null' })],
    [problem({}, { pad: 'x'.repeat(20_000) })],
    [problem({}), 'application/json'],
    [null],
    [problem({ cost: 5_000, keyPrefix: 'fff', nonce: '01' }), undefined, 50],
  ] as [unknown, string?, number?][]) {
    asked = 0
    const { status } = await answering(body, type, patienceMs)('http://shop.example/')
    assert.equal(status, 429, JSON.stringify(body).slice(0, 200))
    assert.equal(asked, 1)
  }
})

test('a fetch reads no more of a reply than a challenge has, and leaves the rest to the caller', {
  timeout: 10_000,
}, async () => {
  let parts = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(to) {
      parts += 1
      to.enqueue(new Uint8Array(8_192).fill(0x20))
    },
  })
  const headers = { 'content-type': 'application/problem+json' }
  const working = createWorkingFetch({ fetch: async () => new Response(endless, { status: 429, headers }) })
  const reply = await working('http://shop.example/')
  assert.ok(parts < 8, `${parts}`)
  const { value } = (await reply.body?.getReader().read()) ?? {}
  assert.equal(value?.length, 8_192)
})

test('a fetch that is called off works no longer', { timeout: 10_000 }, async () => {
  const parameters = {
    algorithm: 'PBKDF2/SHA-256',
    cost: 5_000,
    keyLength: 32,
    keyPrefix: 'fff',
    nonce: '01',
    salt: '00',
  }
  const challenge = JSON.stringify({ parameters })
  const body = JSON.stringify({ code: 'PROOF_OF_WORK_REQUIRED', proofHeader: 'work-proof', challenge })
  const stop = new AbortController()
  const working = createWorkingFetch({
    fetch: async () => {
      setImmediate(() => stop.abort())
      return new Response(body, { status: 429, headers: { 'content-type': 'application/problem+json' } })
    },
  })
  await assert.rejects(working('http://shop.example/', { signal: stop.signal }), { name: 'AbortError' })
  assert.equal(await solveWork(JSON.parse(challenge), 0), null)
})

test('a policy that challenges needs a secret, which is long enough', () => {
  for (const challenge of [undefined, { secret: randomBytes(31) }, { secret: randomBytes(1_025) }])
    assert.throws(
      () => createLimits({ policies, ...(challenge === undefined ? {} : { challenge }) }),
      (error) => error instanceof CustodiaError && error.code === 'CONFIGURATION_INVALID',
    )
})
