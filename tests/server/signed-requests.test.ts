import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type {
  Custodia,
  Identity,
  SignatureVerifier,
  SignedFetch,
  SignedFetchOptions,
} from '../../packages/sdk/src/custodia.ts'
import { createCustodia, createSignatureVerifier, createSignedFetch } from '../../packages/sdk/src/custodia.ts'
import type { TestRedis } from '../../server/platform/cache/testing.ts'
import { startTestRedis, withoutRedis } from '../../server/platform/cache/testing.ts'
import type { TestDatabase } from '../../server/platform/database/testing.ts'
import { openTestDatabase, testServers } from '../../server/platform/database/testing.ts'
import type { TestServer } from '../harness.ts'
import { newFolder, ownPort, signIn, startTestServer, withAccounts } from '../harness.ts'

const missing = testServers.find(({ name }) => name === 'debian15')?.missing ?? false
const pair = generateKeyPairSync('ed25519')
const endToEnd = { keyId: 'theirs', key: { algorithm: 'hmac-sha256', secret: new Uint8Array(32).fill(5) } } as const

/** What the application did: for whom, and with which bytes. */
type Done = { readonly identity: Identity | null; readonly signedBy: string | null; readonly body: string }
type Answer = { readonly status: number; readonly code: string | null }

describe('two processes on one database and one Redis, and the SDK on both sides', {
  skip: missing || withoutRedis,
}, () => {
  let storage: TestDatabase
  let redis: TestRedis
  let first: TestServer
  let second: TestServer
  let application: Server
  let custodia: Custodia
  let cookie: string
  let port: number
  let verifier: SignatureVerifier
  let keys: Readonly<Record<'hmac' | 'ed25519', Pick<SignedFetchOptions, 'keyId' | 'key'>>>
  const done: Done[] = []

  before(async () => {
    port = await ownPort()
    verifier = createSignatureVerifier({
      authorities: [`app.localhost:${port}`],
      lookUp: (keyId) => (keyId === endToEnd.keyId ? endToEnd.key : null),
    })
    application = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
    storage = await openTestDatabase([], { server: 'debian15' })
    redis = await startTestRedis()
    const environment = {
      CUSTODIA_DATABASE_URL: storage.ownerUrl,
      CUSTODIA_KEYRING_ROOT_KEY_FILE: join(newFolder(), 'root.key'),
      CUSTODIA_REDIS_URL: redis.url,
      CUSTODIA_PUBLIC_URL: `http://custodia.localhost:${port}`,
    }
    const configuration = configurationFor((application.address() as AddressInfo).port)
    const start = (on?: number) =>
      startTestServer({ folder: newFolder(), configuration, environment, ...(on === undefined ? {} : { port: on }) })
    ;[first, second] = await Promise.all([start(port), start()])
    const [, member] = await withAccounts(first)
    cookie = await signIn(first.call, member as NonNullable<typeof member>)
    custodia = createCustodia({ url: first.publicUrl, application: 'app' })
    const hmac = await make({ algorithm: 'hmac-sha256' })
    const x = pair.publicKey.export({ format: 'jwk' }).x as string
    const ed25519 = await make({ algorithm: 'ed25519', publicKey: x })
    const secret = Buffer.from(String(hmac.signingSecret))
    keys = {
      hmac: { keyId: hmac.id, key: { algorithm: 'hmac-sha256', secret } },
      ed25519: { keyId: ed25519.id, key: { algorithm: 'ed25519', privateKey: pair.privateKey } },
    }
  })
  after(async () => {
    await Promise.all([first?.remove(), second?.remove()])
    await redis?.kill()
    await storage?.close()
    application?.closeAllConnections()
    application?.close()
  })

  /** The application: it believes the assertion, and verifies by itself what was signed for it alone. */
  const answer: Parameters<typeof createServer>[1] & object = async (request, response) => {
    try {
      const open = request.url?.startsWith('/open') === true
      const signedBy = open ? (await verifier.verifyRequest(request)).keyId : null
      const identity = open ? null : await custodia.identify(request.headers['custodia-assertion'] as string)
      const body = Buffer.concat(await request.toArray()).toString()
      done.push({ identity, signedBy, body })
      response.end('{}')
    } catch (error) {
      response.writeHead(401).end(JSON.stringify({ code: (error as { code?: string }).code }))
    }
  }

  async function make(signing: object): Promise<{ id: string; signingSecret: unknown }> {
    const wanted = {
      name: 'Report',
      scopes: ['app:*', 'identity:users:read', 'access:check'],
      signing,
      requireSignature: true,
    }
    const { status, body } = await first.call('POST', '/v1/keys', { cookie, body: wanted })
    assert.equal(status, 201, JSON.stringify(body))
    return { id: (body.key as { id: string }).id, signingSecret: body.signingSecret }
  }

  /** Signs for the public names, and connects to the process that is meant, as a balancer in front of them would. */
  function fetchTo(server: () => TestServer, options: Pick<SignedFetchOptions, 'keyId' | 'key'>): SignedFetch {
    return createSignedFetch({ ...options, fetch: (url, init) => deliver(server(), url, init) })
  }
  async function deliver({ port }: TestServer, url: string, init: RequestInit): Promise<Response> {
    const { createFetch } = await import('@custodia/wire/node/fetch.ts')
    const send = createFetch({ connect: { host: '127.0.0.1', port } })
    const headers = Object.fromEntries(new Headers(init.headers))
    const body = init.body as Uint8Array<ArrayBuffer> | undefined
    return await send(url, { method: String(init.method), headers, ...(body === undefined ? {} : { body }) })
  }
  const said = async (reply: Response): Promise<Answer> => {
    const text = await reply.text()
    return { status: reply.status, code: (JSON.parse(text === '' ? '{}' : text) as { code?: string }).code ?? null }
  }

  const own = (path: string) => `http://custodia.localhost:${port}${path}`
  const app = (path: string) => `http://app.localhost:${port}${path}`
  const question = {
    ...{ subject: { type: 'user', id: 'usr_nobody' }, action: { name: 'app:pay' } },
    resource: { type: 'organisation', id: 'self' },
  }
  const order = { method: 'POST', body: '{"amount":3}', headers: { 'content-type': 'application/json' } }

  test('calls Custodia’s own routes and the application through the gateway, by HMAC and by Ed25519', async () => {
    for (const options of Object.values(keys)) {
      done.length = 0
      for (const server of [() => first, () => second]) {
        const signedFetch = fetchTo(server, options)
        assert.equal((await signedFetch(own('/v1/users?limit=1'))).status, 200)
        const decided = await signedFetch(own('/access/v1/evaluation'), { ...order, body: JSON.stringify(question) })
        assert.deepEqual([decided.status, ((await decided.json()) as { decision: boolean }).decision], [200, false])
        assert.deepEqual(await said(await signedFetch(app('/pay/7?dry=1'), order)), {
          status: 200,
          code: null,
        })
      }
      assert.equal(done.length, 2)
      assert.partialDeepStrictEqual(done[0], {
        body: order.body,
        identity: { keyId: options.keyId, sessionId: null, signed: true, factors: [], permissions: ['app:pay'] },
      })
    }
  })

  test('reaches *.localhost by itself, as browsers do, whatever the system resolves', async () => {
    const signedFetch = createSignedFetch(keys.ed25519)
    assert.equal((await signedFetch(app('/pay/9'), { ...order, signal: AbortSignal.timeout(30_000) })).status, 200)
    await assert.rejects(signedFetch(app('/pay/9'), { ...order, signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  test('of one request that is sent fifty times to both at once, one arrives', async () => {
    for (const options of Object.values(keys)) {
      done.length = 0
      let sent: [string, RequestInit] | null = null
      const keep = createSignedFetch({
        ...options,
        fetch: async (url, init) => {
          sent = [url, init]
          return new Response()
        },
      })
      await keep(app('/pay/7'), order)
      const [url, init] = sent as unknown as [string, RequestInit]
      const replies = await Promise.all(
        Array.from({ length: 50 }, async (_, i) => await said(await deliver(i % 2 === 0 ? first : second, url, init))),
      )
      assert.equal(replies.filter(({ status }) => status === 200).length, 1)
      assert.equal(
        replies.filter(({ code }) => code === 'APIKEY_SIGNATURE_INVALID' || code === 'LIMIT_REACHED').length,
        49,
      )
      assert.equal(done.length, 1)
    }
  })

  test('a signature for the application opens no route of Custodia’s own, nor the other way round', async () => {
    const swap = (from: string, to: string) =>
      createSignedFetch({
        ...keys.ed25519,
        fetch: (url, init) => deliver(first, url.replace(from, to), init),
      })
    const there = swap('app.localhost', 'custodia.localhost')
    const here = swap('custodia.localhost', 'app.localhost')
    for (const reply of [await there(app('/v1/users')), await here(own('/pay/7'), order)])
      assert.equal((await said(reply)).code, 'APIKEY_SIGNATURE_INVALID')
  })

  test('what is signed for the application alone passes a public rule as it was, and the application verifies it once', async () => {
    done.length = 0
    const theirs = fetchTo(() => first, endToEnd)
    assert.equal((await theirs(app('/open/7?x=1'), order)).status, 200)
    assert.partialDeepStrictEqual(done[0], { signedBy: endToEnd.keyId, body: order.body, identity: null })
    let sent: Promise<Response>[] = []
    const twice = createSignedFetch({
      ...endToEnd,
      fetch: async (url, init) => {
        sent = [deliver(first, url, init), deliver(second, url, init)]
        return new Response()
      },
    })
    await twice(app('/open/8'), order)
    const replies = await Promise.all(sent.map(async (one) => await said(await one)))
    assert.deepEqual(replies.map(({ code }) => code).toSorted(), ['SIGNATURE_INVALID', null])
  })

  test('a key that is revoked through one process signs nothing at the other', async () => {
    const { id, signingSecret } = await make({ algorithm: 'hmac-sha256' })
    const secret = Buffer.from(String(signingSecret))
    const signedFetch = fetchTo(() => second, { keyId: id, key: { algorithm: 'hmac-sha256', secret } })
    assert.equal((await signedFetch(app('/pay/7'), order)).status, 200)
    assert.equal((await first.call('DELETE', `/v1/keys/${id}`, { cookie })).status, 204)
    for (const url of [app('/pay/7'), own('/access/v1/evaluation')])
      assert.equal((await said(await signedFetch(url, order))).status, 401)
  })
})

const configurationFor = (port: number) => `access:
  roles:
    member: { summary: Uses the application., permissions: ["app:*", "identity:users:read", "access:check"] }
gateway:
  applications:
    app:
      host: app.localhost
      upstream: http://127.0.0.1:${port}
      permissions: { "app:pay": Pay. }
      rules:
        - { path: "/open/**", public: true }
        - { path: "/**", permission: "app:pay", signed: required }
`
