import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import type { Request } from 'express'
import express from 'express'
import type { FastifyRequest } from 'fastify'
import fastify from 'fastify'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { createSigningKeys } from '../assertion/signing-keys.ts'
import { claimsAt, frozenClock, keySetServer, newKey, signAssertion } from '../assertion/testing.ts'
import { createVerifier } from '../assertion/verify-assertion.ts'
import { CustodiaError } from '../errors.ts'
import * as onExpress from './express.ts'
import * as onFastify from './fastify.ts'
import * as onHono from './hono.ts'
import type { Identifier, OnResource } from './problem.ts'

const key = await newKey('one')
const keySet = await keySetServer([key])
after(() => keySet.stop())
const clock = frozenClock()
const claims = claimsAt(clock, keySet.url)
const valid = await signAssertion(key, claims)

function client(address = keySet.url): Identifier {
  const keys = createSigningKeys({ url: `${address}/jwks.json`, fetch: createFetch(), clock, timeoutMs: 60_000 })
  return { identify: createVerifier({ issuer: keySet.url, application: 'inbox', keys, clock }) }
}

type Sent = { status: number; headers: Headers; body: string; handled: number }
type App = {
  send(method: string, path: string, assertions: readonly string[], body?: string): Promise<Sent>
  stop(): Promise<void>
}

/** Sends header lines as they are; `fetch` would join them before they leave. */
function sendTo(port: number, handled: () => number): App['send'] {
  return (method, path, assertions, body) =>
    new Promise((resolve, reject) => {
      const headers = ['Host', 'inbox.localhost', 'Content-Type', 'application/json']
      for (const assertion of assertions) headers.push('Custodia-Assertion', assertion)
      if (body !== undefined) headers.push('Content-Length', String(Buffer.byteLength(body)))
      const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        incoming.on('end', () => {
          const reply = new Headers(incoming.headers as Record<string, string>)
          resolve({ status: incoming.statusCode ?? 0, headers: reply, body: text, handled: handled() })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

const judged: unknown[] = []
/** Mailbox 7 may be read. Of `down` there is no answer. */
const custodiaOf: OnResource<never>['custodia'] = {
  access: {
    async decide(question, options) {
      judged.push([question.resource, question.permission, question.address, options])
      const id = question.resource?.id
      if (id === 'down') throw new CustodiaError('CUSTODIA_UNREACHABLE')
      return { allowed: id === '7', reason: 'told' }
    },
  },
}
const mailbox = (id: string | undefined) => ({ type: 'inbox:mailbox', id: String(id) })

/** The same small application on each framework. */
const frameworks: Record<string, (custodia: Identifier) => Promise<App>> = {
  async fastify(custodia) {
    let handled = 0
    const app = fastify()
    await app.register(onFastify.custodiaFastify, { custodia })
    app.get('/health', { config: { custodia: 'anyone' } }, async () => 'well')
    app.get('/me', async (request) => {
      handled += 1
      return request.identity.email
    })
    app.post('/messages', { onRequest: onFastify.requirePermission('inbox:write') }, async () => {
      handled += 1
      return 'written'
    })
    const on: OnResource<FastifyRequest> = {
      custodia: custodiaOf,
      resource: ({ params }) => mailbox((params as { id: string }).id),
      address: ({ ip }) => ip,
    }
    app.get('/mailboxes/:id', { onRequest: onFastify.requirePermission('inbox:read', on) }, async () => {
      handled += 1
      return 'read'
    })
    app.delete('/all', { onRequest: onFastify.requirePermission('inbox:admin') }, async () => {
      handled += 1
      return 'deleted'
    })
    app.get(
      '/forgotten',
      { config: { custodia: 'anyone' }, onRequest: onFastify.requirePermission('inbox:read') },
      async () => 'read',
    )
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { send: sendTo(portOf(app.server), () => handled), stop: () => app.close() }
  },

  async express(custodia) {
    let handled = 0
    const app = express()
    app.set('env', 'test') // Keeps the fault that is expected below out of the test's output.
    app.get('/health', (_, response) => void response.send('well'))
    app.get('/forgotten', onExpress.requirePermission('inbox:read'), (_, response) => void response.send('read'))
    app.use(onExpress.custodiaExpress({ custodia }))
    app.use(express.json())
    app.get('/me', (request, response) => {
      handled += 1
      response.send(onExpress.identityOf(request).email)
    })
    app.post('/messages', onExpress.requirePermission('inbox:write'), (_, response) => {
      handled += 1
      response.send('written')
    })
    const on: OnResource<Request> = {
      custodia: custodiaOf,
      resource: ({ params }) => mailbox(String(params.id)),
      address: ({ ip }) => ip,
    }
    app.get('/mailboxes/:id', onExpress.requirePermission('inbox:read', on), (_, response) => {
      handled += 1
      response.send('read')
    })
    app.delete('/all', onExpress.requirePermission('inbox:admin'), (_, response) => {
      handled += 1
      response.send('deleted')
    })
    const server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
    })
    return { send: sendTo(portOf(server), () => handled), stop: () => new Promise((r) => server.close(() => r())) }
  },

  async hono(custodia) {
    let handled = 0
    const app = new Hono<onHono.CustodiaEnvironment>()
    app.onError((_, context) => context.text('', 500))
    app.get('/health', (context) => context.text('well'))
    app.get('/forgotten', onHono.requirePermission('inbox:read'), (context) => context.text('read'))
    app.use(onHono.custodiaHono({ custodia }))
    app.get('/me', (context) => {
      handled += 1
      return context.text(String(context.get('identity').email))
    })
    app.post('/messages', onHono.requirePermission('inbox:write'), (context) => {
      handled += 1
      return context.text('written')
    })
    const on: OnResource<Context<onHono.CustodiaEnvironment>> = {
      custodia: custodiaOf,
      resource: ({ req }) => mailbox(req.param('id')),
      address: () => '127.0.0.1',
    }
    app.get('/mailboxes/:id', onHono.requirePermission('inbox:read', on), (context) => {
      handled += 1
      return context.text('read')
    })
    app.delete('/all', onHono.requirePermission('inbox:admin'), (context) => {
      handled += 1
      return context.text('deleted')
    })
    // Hono speaks `fetch`; this carries its requests and replies over a real socket.
    const server = createServer(async (incoming, outgoing) => {
      const headers = new Headers()
      for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
        headers.append(incoming.rawHeaders[at] as string, incoming.rawHeaders[at + 1] as string)
      }
      const reply = await app.fetch(
        new globalThis.Request(`http://inbox.localhost${incoming.url}`, { method: incoming.method as string, headers }),
      )
      outgoing.writeHead(reply.status, Object.fromEntries(reply.headers)).end(await reply.text())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { send: sendTo(portOf(server), () => handled), stop: () => new Promise((r) => server.close(() => r())) }
  },
}

for (const [name, start] of Object.entries(frameworks)) {
  describe(`the middleware for ${name}`, async () => {
    const app = await start(client())
    after(() => app.stop())

    const isProblem = (sent: Sent, status: number, code: string) => {
      assert.equal(sent.status, status, sent.body)
      assert.equal(sent.headers.get('content-type'), 'application/problem+json')
      assert.equal(sent.headers.get('cache-control'), 'no-store')
      const problem = JSON.parse(sent.body)
      assert.deepEqual([problem.status, problem.code], [status, code])
      assert.ok(problem.title.length > 10 && problem.help.length > 10)
      return problem
    }

    it('tells the handler who is asking', async () => {
      const { status, body } = await app.send('GET', '/me', [valid])
      assert.deepEqual([status, body], [200, 'mara@example.org'])
    })

    it('lets a person do what the person may do', async () => {
      assert.equal((await app.send('POST', '/messages', [valid], '{}')).body, 'written')
    })

    it('asks Custodia where a permission is asked for on a resource, and lets nobody pass without an answer', async () => {
      judged.length = 0
      const before = (await app.send('GET', '/health', [])).handled
      isProblem(await app.send('GET', '/mailboxes/8', [valid]), 403, 'PERMISSION_DENIED')
      isProblem(await app.send('GET', '/mailboxes/down', [valid]), 503, 'CUSTODIA_UNREACHABLE')
      isProblem(await app.send('GET', '/mailboxes/7', []), 401, 'ASSERTION_MISSING')
      const { status, body, handled } = await app.send('GET', '/mailboxes/7', [valid])
      assert.deepEqual([status, body, handled], [200, 'read', before + 1])
      assert.deepEqual(judged.at(-1), [mailbox('7'), 'inbox:read', '127.0.0.1', { onFailure: 'throw' }])
      assert.equal(judged.length, 3, 'nobody is asked about a stranger')
    })

    it('opens only what was opened', async () => {
      assert.equal((await app.send('GET', '/health', [])).status, 200)
    })

    it('answers 401 with the scheme that would do, where there is no assertion', async () => {
      const sent = await app.send('GET', '/me', [])
      isProblem(sent, 401, 'ASSERTION_MISSING')
      assert.equal(sent.headers.get('www-authenticate'), 'Custodia-Assertion')
    })

    it('refuses before the body is looked at', async () => {
      isProblem(await app.send('POST', '/messages', [], '{not json'), 401, 'ASSERTION_MISSING')
    })

    it('refuses on paths that do not exist, too', async () => {
      isProblem(await app.send('GET', '/nothing', []), 401, 'ASSERTION_MISSING')
    })

    it('does not tell why a forged assertion failed', async () => {
      const bodies = new Set<string>()
      const forgeries = [
        await signAssertion(key, { ...claims, aud: 'memories' }),
        await signAssertion(await newKey('one'), claims),
        await signAssertion(key, claims, { typ: 'JWT' }),
        valid.slice(0, -2),
        'x'.repeat(100),
      ]
      for (const forged of forgeries) {
        const sent = await app.send('GET', '/me', [forged])
        isProblem(sent, 401, 'ASSERTION_INVALID')
        bodies.add(sent.body)
      }
      assert.equal(bodies.size, 1)
    })

    it('refuses two assertions on one request, also two equal ones', async () => {
      isProblem(await app.send('GET', '/me', [valid, valid]), 401, 'ASSERTION_INVALID')
    })

    it('answers 403 with the permission that is missing', async () => {
      const sent = await app.send('DELETE', '/all', [valid])
      assert.equal(isProblem(sent, 403, 'PERMISSION_DENIED').permission, 'inbox:admin')
    })

    it('refuses where a permission is asked for on a route that knows nobody', async () => {
      isProblem(await app.send('GET', '/forgotten', [valid]), 401, 'ASSERTION_MISSING')
    })

    it('runs no handler for what it refuses', async () => {
      const before = (await app.send('GET', '/me', [valid])).handled
      await app.send('GET', '/me', ['forged'])
      await app.send('DELETE', '/all', [valid])
      assert.equal((await app.send('GET', '/me', [valid])).handled, before + 1)
    })

    it('answers 503, and not 401, while nobody can be proven because Custodia is away', async () => {
      const cut = await start(client('http://custodia.localhost:9'))
      try {
        const sent = await cut.send('GET', '/me', [valid])
        isProblem(sent, 503, 'SIGNING_KEYS_UNAVAILABLE')
        assert.equal(sent.headers.get('retry-after'), '1')
      } finally {
        await cut.stop()
      }
    })

    it('leaves a fault to the framework, which says nothing of it', async () => {
      const broken = await start({ identify: () => Promise.reject(new TypeError('the inner secret')) })
      try {
        assert.equal((await broken.send('GET', '/me', [valid])).status, 500)
      } finally {
        await broken.stop()
      }
    })
  })
}
