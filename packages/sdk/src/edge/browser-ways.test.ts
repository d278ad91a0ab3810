import assert from 'node:assert/strict'
import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import { test } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { createBrowserDefence } from './browser.ts'
import { defendBrowser as onExpress } from './express.ts'
import { defendBrowser as onFastify } from './fastify.ts'
import { defendBrowser as onFetch } from './fetch.ts'
import { listening } from './frameworks-testing.ts'
import { defendBrowser as onHono } from './hono.ts'
import { defendBrowser as onNode } from './node.ts'

// Ways of a framework to answer past what is usual: none of them is past the defence.
const defence = createBrowserDefence({ origins: ['https://a.example'], csrfKey: new Uint8Array(32).fill(1) })
const evil = { 'access-control-allow-origin': 'https://evil.example', 'x-kept': 'yes' } as const

function isDefended(headers: Readonly<Record<string, unknown>>, what: string): void {
  // What is JSON is no document, and no policy speaks of it.
  if (!/^application\/json/.test(String(headers['content-type'])))
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, what)
  assert.equal(headers['x-content-type-options'], 'nosniff', what)
  assert.equal(headers['access-control-allow-origin'], undefined, what)
}

test('node:http: however the head is written', async (t) => {
  const ways: Readonly<Record<string, (response: ServerResponse) => void>> = {
    object: (response) => response.writeHead(200, evil).end(),
    message: (response) => response.writeHead(200, 'Fine', evil).end(),
    row: (response) => response.writeHead(200, Object.entries(evil).flat()).end(),
    pairs: (response) => response.writeHead(200, Object.entries(evil) as unknown as OutgoingHttpHeader[]).end(),
    set: (response) => {
      response.setHeaders(new Map(Object.entries(evil)))
      response.end('x')
    },
    flush: (response) => {
      response.setHeaders(new Map(Object.entries(evil)))
      response.flushHeaders()
      response.end()
    },
    early: (response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.writeHead(200, evil).end())
    },
    replaced: (response) => {
      response.setHeader('X-Kept', 'no')
      response.writeHead(200, ['x-kept', 'yes', 'x-kept', 'twice']).end()
    },
  }
  const browser = onNode(defence)
  const app = await listening(async (request, response) => {
    if (await browser(request, response)) ways[String(request.url).slice(1)]?.(response)
  })
  t.after(() => app.close())
  for (const way of Object.keys(ways)) {
    const got = await app.send({ target: `/${way}` })
    isDefended(got.headers, way)
    assert.equal(got.headers['x-kept'], way === 'replaced' ? 'yes, twice' : 'yes', way)
  }
})

test('Express: files, redirects, errors, and addresses that are not there', async (t) => {
  const app = express()
  app.set('env', 'test')
  app.use(onExpress(defence))
  app.get('/redirect', (_request, response) => void response.set(evil).redirect('/other'))
  app.get('/error', (_request, response) => {
    response.set(evil)
    throw new Error('provoked')
  })
  const served = await listening(app as never)
  t.after(() => served.close())
  for (const [target, status] of [
    ['/redirect', 302],
    ['/error', 500],
    ['/nothing', 404],
  ] as const) {
    const got = await served.send({ target })
    assert.equal(got.status, status)
    if (target === '/redirect') isDefended(got.headers, target)
    // Express writes a policy of its own for its pages: it lets nothing run, and ours holds beside it.
    assert.match(String(got.headers['content-security-policy']), /default-src 'none'/)
  }
})

test('Fastify: a hijacked reply, a Response, errors, and addresses that are not there', async (t) => {
  const app = fastify()
  await app.register(onFastify, { defence })
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, evil).end('x')
  })
  app.get('/response', () => new Response('x', { headers: evil }))
  app.get('/error', (_request, reply) => {
    void reply.headers(evil)
    throw new Error('provoked')
  })
  await app.register(async (scope) => {
    scope.get('/inner', async (_request, reply) => reply.headers(evil).send('x'))
  })
  t.after(() => app.close())
  for (const target of ['/hijacked', '/response', '/error', '/inner', '/nothing'])
    isDefended((await app.inject(target)).headers, target)
})

test('Hono: redirects, errors, replies that can’t be changed, and addresses that are not there', async () => {
  const app = new Hono()
  app.use(onHono(defence))
  app.onError((_error, context) => context.text('', 500, evil))
  app.get('/redirect', (context) => context.redirect('/other'))
  app.get('/frozen', () => Response.redirect('https://a.example/', 302))
  app.get('/error', () => {
    throw new Error('provoked')
  })
  for (const target of ['/redirect', '/frozen', '/error', '/nothing'])
    isDefended(Object.fromEntries((await app.request(target)).headers), target)
  assert.equal((await app.request('/frozen')).headers.get('location'), 'https://a.example/')
})

test('a WebSocket is opened for the application’s own pages, and for programs without a cookie', async () => {
  // As Deno has it; Node makes none.
  const switching = Object.defineProperty(new Response(null), 'status', { value: 101 })
  const lax = createBrowserDefence({
    origins: ['https://a.example'],
    cors: [{ origins: ['https://partner.example'], credentials: true }],
  })
  const handler = onFetch(lax, () => switching)
  const open = async (headers: Record<string, string>) => {
    const asked = { connection: 'Upgrade', upgrade: 'websocket', ...headers }
    return (await handler(new Request('https://a.example/live', { headers: asked }))).status
  }
  assert.equal(await open({ cookie: 'sid=1', origin: 'https://a.example' }), 101)
  assert.equal(await open({}), 101)
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'https://partner.example' },
    { origin: 'null' },
    { origin: 'https://a.example', 'sec-fetch-site': 'cross-site' },
    {},
  ])
    assert.equal(await open({ cookie: 'sid=1', ...headers }), 403, JSON.stringify(headers))
})

const form = (token: string) => ({
  method: 'POST',
  headers: { cookie: 'sid=1', 'content-type': 'application/x-www-form-urlencoded' },
  body: `csrf=${token}`,
})

test('a token comes in a field of a form, once the body was parsed', async (t) => {
  const good = form(defence.token('ses_1'))
  const wrong = form(defence.token('ses_2'))
  const session = () => 'ses_1'

  const one = express()
  one.use(express.urlencoded(), onExpress(defence, { session, token: ({ body }) => body?.csrf }))
  one.post('/', (_request, response) => void response.send('done'))
  const served = await listening(one as never)
  t.after(() => served.close())
  for (const [sent, status] of [
    [good, 200],
    [wrong, 403],
  ] as const)
    assert.equal((await served.send({ ...sent, target: '/' })).status, status)

  const two = fastify()
  two.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  await two.register(onFastify, { defence, session, token: ({ body }) => (body as { csrf?: string }).csrf })
  let handled = 0
  two.post('/', async () => {
    handled += 1
    return 'done'
  })
  t.after(() => two.close())
  const injected = async ({ body, ...sent }: typeof good) =>
    (await two.inject({ ...sent, method: 'POST', url: '/', payload: body })).statusCode
  assert.deepEqual([await injected(good), await injected(wrong), handled], [200, 403, 1])

  const three = new Hono()
  const token = async (context: { req: { parseBody(): Promise<Record<string, unknown>> } }) =>
    String((await context.req.parseBody()).csrf)
  three.use(onHono(defence, { session, token }))
  three.post('/', async (context) => context.text(String((await context.req.parseBody()).csrf).slice(0, 3)))
  assert.deepEqual([(await three.request('/', good)).status, (await three.request('/', wrong)).status], [200, 403])
})
