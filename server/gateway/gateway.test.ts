import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import test, { after, before, beforeEach } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import WebSocket, { WebSocketServer } from 'ws'
import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { systemClock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { testContext } from '../platform/testing.ts'
import type { Sessions } from '../sessions/api.ts'
import { config } from './applications.ts'
import { createGateway } from './module.ts'

// The gateway's neighbours, said in a few lines each: whose cookie it is, what they may do. Everything that this module does is
// real: both listeners, the sockets between them, the signature.
const live = new Map<string, UserPrincipal>()
let ended: (sessionId: string | null) => void = () => {}
const sessions = {
  authenticate: async (head: { headers: IncomingHttpHeaders }) =>
    live.get(/__Host-custodia=(\w+)/.exec(head.headers.cookie ?? '')?.[1] ?? '') ?? null,
  expiry: async (id: string) =>
    [...live.values()].some((one) => one.sessionId === id) ? new Date(Date.now() + 60_000) : null,
  onEnd: (listener: typeof ended) => {
    ended = listener
    return () => {}
  },
  redeem: async (code: string, host: string, state: string) =>
    code === 'good' && host === 'app.localhost' && state.length === 43
      ? { sessionId: 'ses_a', cookie: '__Host-custodia=ann; Path=/; Secure; HttpOnly' }
      : null,
  end: async () => true,
  clearCookie: '__Host-custodia=; Max-Age=0',
} as unknown as Sessions
const grants: Record<string, string[]> = { reader: ['app:read'], writer: ['app:read', 'app:write'] }
const access = {
  decide: async (principal: UserPrincipal, permission: string) => {
    const allowed = principal.roles.some((role) => grants[role]?.includes(permission))
    return { allowed, reason: allowed ? 'permitted' : 'no-grant', policies: [] }
  },
} as unknown as Access
const identity = {
  person: async (id: string) => ({ id, organisationId: 'org_a', email: 'ann@example.com', name: 'Ann "Ä" Lee' }),
} as unknown as Identity
const pair = generateKeyPairSync('ed25519')
const signer = {
  keyId: 'k1',
  publicKey: Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'),
  sign: (message: Uint8Array) => sign(null, message, pair.privateKey),
}
const keyring = { signer: async () => signer } as unknown as Keyring

let upstream: Server
let behave: (request: IncomingMessage, response: import('node:http').ServerResponse) => void
let seen: { url: string; headers: IncomingHttpHeaders; method: string } | null
let gatewayServer: Server
let gateway: Awaited<ReturnType<typeof createGateway>>
let context: ReturnType<typeof testContext<typeof config>>
let port: number

before(async () => {
  upstream = createServer((request, response) => {
    seen = { url: request.url ?? '', headers: request.headers, method: request.method ?? '' }
    behave(request, response)
  })
  const echo = new WebSocketServer({ server: upstream })
  echo.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })))
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const applications = config.applications.parse({
    app: {
      title: 'App',
      host: 'app.localhost',
      upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      timeoutSeconds: 1,
      permissions: { 'app:read': 'Read.', 'app:write': 'Write.' },
      rules: [
        { path: '/public/**', methods: ['GET'], public: true },
        { path: '/**', methods: ['GET'], permission: 'app:read' },
        { path: '/**', methods: ['POST', 'PUT'], permission: 'app:write' },
      ],
    },
    gone: {
      host: 'gone.localhost',
      upstream: 'http://127.0.0.1:1',
      permissions: { 'gone:read': 'Read.' },
      rules: [{ path: '/**', public: true }],
    },
  })
  gatewayServer = createServer()
  gatewayServer.listen(0, '127.0.0.1')
  await once(gatewayServer, 'listening')
  port = (gatewayServer.address() as AddressInfo).port
  const database = {
    transaction: async (work: (tx: never) => Promise<unknown>) => work({} as never),
  } as unknown as Database
  const made = testContext<typeof config>({
    config: { applications },
    database,
    publicUrl: `http://custodia.localhost:${port}`,
  })
  context = { ...made, clock: made.clock }
  gateway = await createGateway({ ...context, clock: systemClock }, { keyring, access, sessions, identity })
  gatewayServer.on('request', (request, response) => gateway.handle(request, response))
  gatewayServer.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
})
after(async () => {
  await gateway.stop()
  gatewayServer.closeAllConnections()
  gatewayServer.close()
  upstream.closeAllConnections()
  upstream.close()
})
beforeEach(() => {
  live.clear()
  seen = null
  behave = (_request, response) => void response.end('hello')
  context.events.length = 0
})

function signedIn(cookie: string, role: string): void {
  const principal = {
    kind: 'user',
    id: `usr_${cookie}`,
    organisationId: 'org_a',
    roles: [role],
    sessionId: `ses_${cookie}`,
    factors: ['pwd'],
    authenticatedAtMs: 0,
  } as const
  live.set(cookie, principal)
}

type Got = { status: number; headers: IncomingHttpHeaders; body: string }
function get(
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; host?: string; body?: string } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${options.host ?? 'app.localhost'}:${port}`, ...options.headers }
    const sent = httpRequest(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers, agent: false },
      (response) => {
        let body = ''
        response.on('data', (chunk) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}
const origin = () => `http://app.localhost:${port}`
const cookie = (name: string) => ({ cookie: `__Host-custodia=${name}; theme=dark` })
const codeOf = (got: Got) => (JSON.parse(got.body) as { code: string }).code

test('a person who navigates without a session is sent to the sign-in page, and their way back is kept by their browser', async () => {
  const got = await get('/messages/4?x=1', { headers: { 'sec-fetch-mode': 'navigate' } })
  assert.equal(got.status, 302)
  const location = new URL(got.headers.location ?? '')
  assert.equal(location.origin, `http://custodia.localhost:${port}`)
  assert.equal(location.pathname, '/sign-in')
  assert.equal(location.searchParams.get('host'), 'app.localhost')
  const set = got.headers['set-cookie']?.[0] ?? ''
  assert.match(set, /^__Host-custodia-return=[\w-]{43}\.[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax/)
  assert.ok(set.includes(location.searchParams.get('state') ?? '?'))
  assert.equal(seen, null)
})

test('a second tab keeps the state of the first', async () => {
  const first = await get('/a', { headers: { 'sec-fetch-mode': 'navigate' } })
  const kept = (first.headers['set-cookie']?.[0] ?? '').split(';')[0] as string
  const second = await get('/b', { headers: { 'sec-fetch-mode': 'navigate', cookie: kept } })
  const state = (got: Got) => new URL(got.headers.location ?? '').searchParams.get('state')
  assert.equal(state(second), state(first))
})

test('a call without a session gets 401 as a problem, and no redirect', async () => {
  const got = await get('/api', { headers: { accept: 'application/json' } })
  assert.equal(got.status, 401)
  assert.match(got.headers['content-type'] ?? '', /^application\/problem\+json/)
  assert.equal(codeOf(got), 'AUTHENTICATION_REQUIRED')
})

test('the way back works with the code and the state of this browser, and leads to where it began', async () => {
  const state = 's'.repeat(43)
  const kept = `__Host-custodia-return=${state}.${Buffer.from('/messages/4?x=1').toString('base64url')}`
  const got = await get('/.custodia/session?code=good', { headers: { cookie: kept } })
  assert.equal(got.status, 303)
  assert.equal(got.headers.location, '/messages/4?x=1')
  assert.match(got.headers['set-cookie']?.[0] ?? '', /^__Host-custodia=ann;/)
  assert.match(got.headers['set-cookie']?.[1] ?? '', /^__Host-custodia-return=;.*Max-Age=0/)
})

test('a code without the state of the browser, or with a wrong code, does nothing', async () => {
  for (const [path, headers] of [
    ['/.custodia/session?code=good', {}],
    ['/.custodia/session?code=good', { cookie: '__Host-custodia-return=short.Lw' }],
    ['/.custodia/session?code=bad', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
    ['/.custodia/session?code=good&code=good', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
    ['/.custodia/session', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
  ] as const) {
    const got = await get(path, { headers })
    assert.equal(codeOf(got), 'GATEWAY_SIGN_IN_EXPIRED')
    assert.equal(got.headers['set-cookie'], undefined)
  }
})

test('a way back that names another origin leads to the root', async () => {
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a\r\nSet-Cookie: x=1']) {
    const kept = `__Host-custodia-return=${'s'.repeat(43)}.${Buffer.from(path).toString('base64url')}`
    assert.equal((await get('/.custodia/session?code=good', { headers: { cookie: kept } })).headers.location, '/')
  }
})

test('an admitted request carries an assertion for this application that verifies against the published key', async () => {
  signedIn('ann', 'reader')
  const got = await get('/messages', {
    headers: { ...cookie('ann'), 'custodia-assertion': 'forged', 'x-forwarded-for': '6.6.6.6' },
  })
  assert.equal(got.body, 'hello')
  assert.equal(seen?.headers.cookie, 'theme=dark')
  assert.equal(seen?.headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(seen?.headers.host, `app.localhost:${port}`)
  const jwks = gateway.routes.find((route) => route.path === '/.well-known/jwks.json')
  const { body } = (await (jwks as NonNullable<typeof jwks>).handle({} as never)) as { body: { keys: never[] } }
  const verified = await jwtVerify(String(seen?.headers['custodia-assertion']), createLocalJWKSet(body), {
    audience: 'app',
    issuer: context.publicUrl,
    typ: 'custodia-assertion+jwt',
    algorithms: ['EdDSA'],
  })
  assert.deepEqual(
    { ...verified.payload, iat: 0, exp: Number(verified.payload.exp) - Number(verified.payload.iat) },
    {
      iss: context.publicUrl,
      aud: 'app',
      sub: 'usr_ann',
      org: 'org_a',
      sid: 'ses_ann',
      email: 'ann@example.com',
      name: 'Ann "Ä" Lee',
      roles: ['reader'],
      permissions: ['app:read'],
      amr: ['pwd'],
      iat: 0,
      exp: 60,
    },
  )
})

test('a role that may not is refused, the application never hears of it, and the ledger does', async () => {
  signedIn('ann', 'reader')
  const got = await get('/messages/1/labels', {
    method: 'POST',
    headers: { ...cookie('ann'), origin: origin() },
    body: 'a=b',
  })
  assert.equal(got.status, 403)
  assert.equal(codeOf(got), 'ACCESS_DENIED')
  assert.equal(seen, null)
  const refused = context.events.find((one) => one.type === 'gateway.request.refused')
  assert.deepEqual(refused?.data, { application: 'app', method: 'POST', permission: 'app:write', reason: 'no-grant' })
  assert.deepEqual(refused?.personal, { path: '/messages/1/labels' })
})

test('what no rule names is refused, whoever asks', async () => {
  signedIn('ann', 'writer')
  assert.equal((await get('/x', { method: 'DELETE', headers: { ...cookie('ann'), origin: origin() } })).status, 403)
  assert.equal(seen, null)
})

test('a form of another site is refused even for who may', async () => {
  signedIn('ann', 'writer')
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: `http://custodia.localhost:${port}` },
    {},
  ]) {
    const got = await get('/x', { method: 'POST', headers: { ...cookie('ann'), ...headers } as Record<string, string> })
    assert.equal(codeOf(got), 'CROSS_SITE_REFUSED')
  }
  assert.equal(seen, null)
})

test('an ambiguous path is refused before anybody is asked', async () => {
  signedIn('ann', 'reader')
  for (const path of ['/public/../messages', '/public/%2e%2e/messages', '//messages', '/a%2fb', '/%00']) {
    const got = await get(path, { headers: cookie('ann') })
    assert.equal(codeOf(got), 'GATEWAY_PATH_AMBIGUOUS')
  }
  assert.equal(seen, null)
})

test('a method that nobody configured for is refused in our own words', async () => {
  for (const method of ['TRACE', 'PROPFIND', 'LINK']) {
    const got = await get('/public/a', { method })
    assert.equal(codeOf(got), 'METHOD_NOT_ALLOWED')
  }
  assert.equal(seen, null)
})

test('a repeated header is refused', async () => {
  const got = await get('/public/a', { headers: { authorization: ['a', 'b'] } })
  assert.equal(codeOf(got), 'REQUEST_HEADER_INVALID')
})

test('a public path passes without a session and without an assertion', async () => {
  const got = await get('/public/site.css', { headers: { 'custodia-assertion': 'forged' } })
  assert.equal(got.status, 200)
  assert.equal(seen?.headers['custodia-assertion'], undefined)
})

test('an upstream that is down is 502, one that is slow 504, both said plainly', async () => {
  const down = await get('/', { host: 'gone.localhost' })
  assert.equal(down.status, 502)
  assert.equal(codeOf(down), 'GATEWAY_UPSTREAM_DOWN')
  behave = () => {}
  const slow = await get('/public/slow')
  assert.equal(slow.status, 504)
  assert.equal(codeOf(slow), 'GATEWAY_UPSTREAM_SLOW')
  const page = await get('/', { host: 'gone.localhost', headers: { 'sec-fetch-mode': 'navigate' } })
  assert.match(page.body, /does not answer/)
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/)
})

test('an upstream that breaks off leaves no connection open', async () => {
  behave = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setImmediate(() => response.destroy())
  }
  await assert.rejects(get('/public/half'))
  await closedConnections()
})

test('a client that goes away while a body streams ends the request upstream', async () => {
  let upstreamClosed: () => void = () => {}
  const closed = new Promise<void>((resolve) => (upstreamClosed = resolve))
  behave = (_request, response) => {
    response.on('close', upstreamClosed)
    const chunk = Buffer.alloc(65_536)
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', pump)
    }
    pump()
  }
  const sent = httpRequest(
    { host: '127.0.0.1', port, path: '/public/endless', headers: { host: `app.localhost:${port}` }, agent: false },
    (response) => {
      response.once('data', () => sent.destroy())
    },
  )
  sent.on('error', () => {})
  sent.end()
  await closed
})

test('a body streams through with back-pressure: what the reader does not take is not taken from the sender', async () => {
  let sentBytes = 0
  behave = (_request, response) => {
    const chunk = Buffer.alloc(65_536)
    const pump = () => {
      while (sentBytes < 200 * 65_536) {
        sentBytes += chunk.length
        if (!response.write(chunk)) return void response.once('drain', pump)
      }
      response.end()
    }
    pump()
  }
  const response = await new Promise<IncomingMessage>((resolve) => {
    httpRequest(
      { host: '127.0.0.1', port, path: '/public/large', headers: { host: `app.localhost:${port}` }, agent: false },
      resolve,
    ).end()
  })
  response.pause()
  let last = -1
  while (last !== sentBytes) {
    last = sentBytes
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(sentBytes < 150 * 65_536, `${sentBytes} bytes were taken from the sender while nobody read`)
  let received = 0
  for await (const chunk of response) received += (chunk as Buffer).length
  assert.equal(received, 200 * 65_536)
})

test('an upload streams through unread, chunked or not', async () => {
  signedIn('ann', 'writer')
  behave = (request, response) => {
    let bytes = 0
    request.on('data', (chunk) => (bytes += chunk.length))
    request.on('end', () => response.end(String(bytes)))
  }
  const body = 'x'.repeat(3_000_000)
  const got = await get('/upload', {
    method: 'POST',
    headers: { ...cookie('ann'), origin: origin(), 'content-type': 'application/json' },
    body,
  })
  assert.equal(got.body, '3000000')
})

test("an application can't set the gateway's cookies", async () => {
  behave = (_request, response) =>
    void response.setHeader('set-cookie', ['__Host-custodia=evil; Path=/; Secure', 'mine=1']).end()
  assert.deepEqual((await get('/public/')).headers['set-cookie'], ['mine=1'])
})

test('what is allowed is counted, and written as one event', async () => {
  signedIn('bob', 'reader')
  for (let i = 0; i < 5; i++) await get('/messages', { headers: cookie('bob') })
  assert.equal(context.events.length, 0)
  await gateway.stop()
  assert.deepEqual(
    context.events.filter((one) => one.data.session === 'ses_bob').map((one) => one.data.requests),
    [5],
  )
  gateway = await createGateway({ ...context, clock: systemClock }, { keyring, access, sessions, identity })
})

const socketTo = (headers: Record<string, string>) =>
  new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { host: `app.localhost:${port}`, ...headers } })

test('a WebSocket passes both ways, and ends with its session', async () => {
  signedIn('ann', 'reader')
  const socket = socketTo({ ...cookie('ann'), origin: origin() })
  await once(socket, 'open')
  socket.send('héllo')
  const [data] = (await once(socket, 'message')) as [Buffer]
  assert.equal(data.toString(), 'héllo')
  const large = Buffer.alloc(2_000_000, 7)
  socket.send(large)
  const [back] = (await once(socket, 'message')) as [Buffer]
  assert.ok(large.equals(back))
  const closed = once(socket, 'close')
  live.clear()
  ended('ses_ann')
  await closed
})

test('a WebSocket of another site, without a session, or where none may be, is refused with the reason', async () => {
  signedIn('ann', 'reader')
  signedIn('none', 'nothing')
  for (const [headers, status] of [
    [{ ...cookie('ann'), origin: 'https://evil.example' }, 403],
    [{ ...cookie('ann') }, 403],
    [{ origin: origin() }, 401],
    [{ ...cookie('none'), origin: origin() }, 403],
  ] as const) {
    const socket = socketTo(headers)
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    assert.equal(response.statusCode, status)
    response.destroy()
  }
})

test('many clients that come and go leave no socket behind', async () => {
  signedIn('ann', 'reader')
  await Promise.all(Array.from({ length: 200 }, () => get('/messages', { headers: cookie('ann') })))
  for (let i = 0; i < 20; i++) {
    const raw = connect(port, '127.0.0.1')
    raw.write(`GET /public/ HTTP/1.1\r\nHost: app.localhost:${port}\r\n\r\n`)
    raw.destroy()
  }
  await closedConnections()
})

/** Waits until nobody is connected to the gateway any more. */
async function closedConnections(): Promise<void> {
  const count = () =>
    new Promise<number>((resolve, reject) =>
      gatewayServer.getConnections((error, found) => (error === null ? resolve(found) : reject(error))),
    )
  const until = Date.now() + 5_000
  while ((await count()) > 0) {
    assert.ok(Date.now() < until, `${await count()} connections are still open`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
