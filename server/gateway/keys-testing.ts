import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NewKey } from '@custodia/wire/http/keys.ts'
import type { SigningKey } from '@custodia/wire/http-signatures/algorithms.ts'
import type { SignSettings } from '@custodia/wire/http-signatures/sign.ts'
import { signRequest } from '@custodia/wire/http-signatures/sign.ts'
import { WebSocketServer } from 'ws'
import { access } from '../access/module.ts'
import { apikeys } from '../apikeys/module.ts'
import type { KeysHouse, KeysProcess, Signing } from '../apikeys/testing.ts'
import { makeKeyAs, openKeysHouse } from '../apikeys/testing.ts'
import { identity } from '../identity/module.ts'
import { join, setUp } from '../identity/testing.ts'
import { limitsInProcess } from '../limits/in-process-testing.ts'
import { createListener } from '../platform/http/transport/listener.ts'
import { sessions } from '../sessions/module.ts'
import type { Browser } from '../sessions/testing.ts'
import { config } from './applications.ts'
import { createGateway } from './module.ts'
import { browser, uploads } from './testing.ts'

/** What reached the application. */
export type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export type Answered = {
  readonly status: number
  readonly code: string | null
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
export type Sent = {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Sent in these parts, without a length. */
  readonly chunks?: readonly string[]
}
export type Claims = Record<string, unknown>

/** One process with a gateway in it. */
export type GatewayProcess = KeysProcess & { readonly port: number; send(sent?: Sent): Promise<Answered> }

export type KeysGateway = {
  readonly house: KeysHouse
  readonly one: GatewayProcess
  /** Another process on the same database and the same cache. */
  readonly other: GatewayProcess
  readonly administrator: Browser
  /** Somebody who may read and write in the application. */
  readonly person: Awaited<ReturnType<typeof join>>
  /** Everything that reached the application. */
  readonly seen: Seen[]
  nowSeconds(): number
  close(): Promise<void>
}

export const maxBody = 4_096

/** Real keys, sessions and people; a real gateway in front of a real application, twice. */
export async function openKeysGateway(): Promise<KeysGateway> {
  const seen: Seen[] = []
  const upstream = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('latin1')
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    response.end('done')
  })
  const sockets = new WebSocketServer({ server: upstream })
  sockets.on('connection', (_socket, { method = '', url = '', headers }) =>
    seen.push({ method, url, headers, body: '' }),
  )
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const applications = applicationsOn((upstream.address() as AddressInfo).port)
  const declared = [
    ...[access, sessions, identity, apikeys].map((one) => one.permissions),
    ...applications.map((one) => one.permissions),
  ]
  const permissions = Object.assign({}, ...declared)
  const house = await openKeysHouse({
    user: { summary: 'Uses the application.', permissions: ['app:*', 'identity:users:read'] },
  })
  const stops: (() => unknown)[] = []

  async function start(changes: Parameters<KeysHouse['process']>[0] = {}): Promise<GatewayProcess> {
    const process = await house.process({ ...changes, permissions })
    const gateway = await createGateway(
      { ...process.context, trustedProxies: ['127.0.0.1'], config: { applications, maxSignedBodyBytes: maxBody } },
      {
        ...process,
        apikeys: process.keys,
        limits: limitsInProcess(),
        browser,
        uploads,
        webhooks: { lendForwarder() {} },
      },
    )
    const server = createListener({ tls: null, requestTimeoutSeconds: 30, flooded() {} })
    server.on('request', (request, response) => gateway.handle(request, response))
    server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stops.push(
      () => gateway.stop(),
      () => server.closeAllConnections(),
      () => server.close(),
    )
    const { port } = server.address() as AddressInfo
    return { ...process, port, send: (sent = {}) => send(port, sent) }
  }

  const one = await start()
  const other = await start({ cache: one.context.cache })
  const administrator = await setUp(one)
  return {
    ...{ house, one, other, administrator, seen },
    person: await join(one, administrator, { roles: ['user'] }),
    nowSeconds: () => Math.floor(house.house.machine.clock.nowMs() / 1000),
    async close() {
      for (const stop of stops) await stop()
      upstream.closeAllConnections()
      upstream.close()
      await house.close()
    },
  }
}

function applicationsOn(port: number) {
  return config.applications.parse({
    app: {
      host: 'app.localhost',
      upstream: `http://127.0.0.1:${port}`,
      permissions: { 'app:read': 'Read.', 'app:write': 'Write.', 'app:pay': 'Pay.' },
      rules: [
        { path: '/public/**', public: true },
        { path: '/pay/**', permission: 'app:pay', signed: 'required' },
        { path: '/fresh', permission: 'app:read', freshSeconds: 60 },
        { path: '/two', permission: 'app:read', assurance: 'two-factors' },
        { path: '/**', methods: ['GET'], permission: 'app:read' },
        { path: '/**', methods: ['POST', 'PUT', 'DELETE'], permission: 'app:write' },
      ],
    },
    twin: {
      host: 'twin.localhost',
      upstream: `http://127.0.0.1:${port}`,
      permissions: {},
      rules: [{ path: '/public', public: true }],
    },
  })
}

function send(port: number, { method = 'GET', path = '/x', headers, body, chunks }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, agent: false }
    const asking = httpRequest({ ...options, headers: { host: 'app.localhost', ...headers } }, async (response) => {
      const said = (await response.toArray()).join('')
      const problem = said.startsWith('{') ? (JSON.parse(said) as { code?: string }) : {}
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, code: problem.code ?? null, headers, body: said })
    })
    asking.on('error', reject)
    for (const chunk of chunks ?? []) asking.write(chunk)
    asking.end(body)
  })
}

/** The claims of the assertion that came with it. That it verifies is tested where it is minted. */
export function claimsOf({ headers }: Seen): Claims {
  const [, claims = ''] = String(headers['custodia-assertion']).split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
}

/** Makes a key that signs: HMAC, or Ed25519 with a key pair of its own. */
export async function signingKeyOf(
  browser: Browser,
  algorithm: SigningKey['algorithm'],
  more: Partial<NewKey> = {},
): Promise<{ readonly id: string; readonly token: string | null; readonly signing: Omit<Signing, 'nowSeconds'> }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x as string
  const signing = algorithm === 'ed25519' ? { algorithm, publicKey: x } : { algorithm }
  const made = await makeKeyAs(browser, { scopes: ['app:*'], signing, ...more })
  if (made.answer.status !== 201) throw new Error(`no key: ${made.answer.code}`)
  const key: SigningKey =
    algorithm === 'ed25519' ? { algorithm, privateKey } : { algorithm, secret: Buffer.from(String(made.signingSecret)) }
  return { id: made.key.id, token: made.token, signing: { keyId: made.key.id, key } }
}

/** The headers of a request to the application that is signed just now, but for what the test says. */
export function signatureFor(
  { method = 'GET', path = '/x', body, chunks }: Sent,
  signing: Signing & Partial<SignSettings>,
  authority = 'app.localhost',
): Record<string, string> {
  const said = chunks?.join('') ?? body
  const bytes = typeof said === 'string' ? Buffer.from(said) : (said ?? null)
  const head = { method, scheme: 'http', authority, target: path, headers: [] } as const
  return { ...signRequest(head, bytes, { nonce: crypto.randomUUID(), ...signing }) }
}
