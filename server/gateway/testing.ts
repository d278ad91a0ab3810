import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scan } from '@custodia/edge/uploads/clamd.ts'
import { WebSocket, WebSocketServer } from 'ws'
import type { Access } from '../access/api.ts'
import type { ApiKeys } from '../apikeys/api.ts'
import type { Browser, Reports } from '../browser/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { limitsInProcess } from '../limits/in-process-testing.ts'
import { systemClock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { createListener } from '../platform/http/transport/listener.ts'
import { createMetrics } from '../platform/telemetry/registry.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import { testContext } from '../platform/testing.ts'
import type { Sessions } from '../sessions/api.ts'
import { examiner } from '../uploads/examine.ts'
import { config } from './applications.ts'
import { createGateway } from './module.ts'

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

export type Got = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }
export type Ask = {
  method?: string
  headers?: Record<string, string | string[]>
  host?: string
  body?: string | Uint8Array
}

/** A gateway between two real listeners. Its neighbours are said in a few lines each: whose cookie it is, what they may do. */
export type TestGateway = {
  readonly port: number
  readonly server: Server
  readonly context: ReturnType<typeof testContext<typeof config>>
  /** Principals by the value of their cookie. */
  readonly live: Map<string, UserPrincipal>
  gateway: Awaited<ReturnType<typeof createGateway>>
  /** The last request that reached the application. */
  seen: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly method: string } | null
  /** What the application does with a request. */
  behave: Behaviour
  ended(sessionId: string): void
  signedIn(cookie: string, role: string, proven?: Partial<UserPrincipal>): void
  origin(): string
  get(path: string, ask?: Ask): Promise<Got>
  restart(): Promise<void>
  /** All that was logged since it was opened. */
  said(): string
  reset(): void
  close(): Promise<void>
}

export const cookie = (name: string) => ({ cookie: `__Host-custodia=${name}; theme=dark` })
export const codeOf = (got: Got) => (JSON.parse(got.body) as { code: string }).code

const hello: Behaviour = (_request, response) => void response.end('hello')
const pair = generateKeyPairSync('ed25519')
const signer = {
  keyId: 'k1',
  publicKey: Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'),
  sign: (message: Uint8Array) => sign(null, message, pair.privateKey),
}
const grants: Record<string, string[]> = {
  reader: ['app:read', 'machine:read'],
  writer: ['app:read', 'app:write', 'cases:use', 'beside:use', 'without:use'],
}

/** @param more applications beside `app` and `gone`, by what they would have in the configuration. */
export async function openTestGateway(more: (upstream: string) => object = () => ({})): Promise<TestGateway> {
  const upstream = createServer((request, response) => {
    rig.seen = { url: request.url ?? '', headers: request.headers, method: request.method ?? '' }
    rig.behave(request, response)
  })
  const echo = new WebSocketServer({ server: upstream })
  echo.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })))
  const server = createListener({ tls: null, requestTimeoutSeconds: 30, flooded() {} })
  for (const one of [upstream, server]) {
    one.listen(0, '127.0.0.1')
    await once(one, 'listening')
  }
  const port = (server.address() as AddressInfo).port
  const database = {
    transaction: async (work: (tx: never) => Promise<unknown>) => work({} as never),
  } as unknown as Database
  const applications = applicationsOn((upstream.address() as AddressInfo).port, more)
  const publicUrl = `http://custodia.localhost:${port}`
  const context = testContext<typeof config>({
    config: { applications, maxSignedBodyBytes: 4_096 },
    database,
    publicUrl,
  })
  const live = new Map<string, UserPrincipal>()
  const neighbours = neighboursOf(live)
  const { log, lines } = keepingLog()
  const start = () => createGateway({ ...context, log, clock: systemClock, metrics: createMetrics() }, neighbours.uses)
  const rig: TestGateway = {
    port,
    server,
    context,
    live,
    gateway: await start(),
    seen: null,
    behave: hello,
    ended: (sessionId) => neighbours.end(sessionId),
    signedIn(name, role, proven = {}) {
      live.set(name, {
        kind: 'user',
        id: `usr_${name}`,
        organisationId: 'org_a',
        roles: [role],
        sessionId: `ses_${name}`,
        factors: ['pwd'],
        authenticatedAtMs: 0,
        ...proven,
      })
    },
    origin: () => `http://app.localhost:${port}`,
    get: (path, ask = {}) => get(port, path, ask),
    said: () => JSON.stringify(lines, (_key, value) => (value instanceof Error ? value.message : value)),
    async restart() {
      rig.gateway = await start()
    },
    reset() {
      live.clear()
      rig.seen = null
      rig.behave = hello
      context.events.length = 0
    },
    async close() {
      await rig.gateway.stop()
      for (const one of [server, upstream]) {
        one.closeAllConnections()
        one.close()
      }
    },
  }
  server.on('request', (request, response) => rig.gateway.handle(request, response))
  server.on('upgrade', (request, socket, head) => rig.gateway.upgrade(request, socket, head))
  return rig
}

/** What would be counted stands here. */
export const reported: Reports[] = []
export const browser: Browser = {
  lendApplications() {},
  live: () => null,
  waitFor: () => (reported.length < 3 ? 0 : 7),
  receive: (reports) => void reported.push(reports),
  served() {},
}

/** What scans files on their way to an application: nothing, and that is wanted, unless a test says otherwise. */
export const scanning: {
  context: { config: { scanner: string } }
  scan: ((content: Uint8Array) => Promise<Scan>) | null
} = {
  context: { config: { scanner: 'off' } },
  scan: null,
}

export const uploads = { idle: async () => {}, examine: examiner(scanning) }

function neighboursOf(live: Map<string, UserPrincipal>) {
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
  const access = {
    decide: async (principal: UserPrincipal, permission: string) => {
      const allowed = principal.roles.some((role) => grants[role]?.includes(permission))
      return { allowed, reason: allowed ? 'permitted' : 'no-grant', policies: [] }
    },
  } as unknown as Access
  const identity = {
    person: async (id: string) => ({ id, organisationId: 'org_a', email: 'ann@example.com', name: 'Ann "Ä" Lee' }),
  } as unknown as Identity
  const keyring = { signer: async () => signer, secret: async () => Buffer.alloc(32, 5) } as unknown as Keyring
  // Whoever asks about keys uses real ones: `keys.test.ts`.
  const apikeys = { authenticateAt: () => null, onChange: () => () => {} } as unknown as ApiKeys
  const webhooks = { lendForwarder() {} }
  return {
    uses: { keyring, access, limits: limitsInProcess(), sessions, identity, apikeys, browser, uploads, webhooks },
    end: (sessionId: string) => ended(sessionId),
  }
}

function applicationsOn(port: number, more: (upstream: string) => object) {
  return config.applications.parse({
    app: {
      title: 'App',
      host: 'app.localhost',
      upstream: `http://127.0.0.1:${port}`,
      timeoutSeconds: 1,
      permissions: { 'app:read': 'Read.', 'app:write': 'Write.' },
      rules: [
        { path: '/public/**', methods: ['GET'], public: true },
        { path: '/fresh', methods: ['GET'], permission: 'app:read', freshSeconds: 60 },
        { path: '/strong', methods: ['GET'], permission: 'app:read', assurance: 'phishing-resistant' },
        { path: '/two', methods: ['GET'], permission: 'app:read', assurance: 'two-factors' },
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
    ...more(`http://127.0.0.1:${port}`),
  })
}

/** The status that a WebSocket is answered with which a page of this host opens. */
export function upgradeStatus(
  port: number,
  name: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const host = `${name}:${port}`
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { host, origin: `http://${host}`, ...headers },
    handshakeTimeout: 5_000,
  })
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    socket.on('error', reject)
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
  })
}

function get(port: number, path: string, options: Ask): Promise<Got> {
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
