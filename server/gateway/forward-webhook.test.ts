import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { frozenClock } from '../platform/clock.ts'
import { createMetrics } from '../platform/telemetry/registry.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { Forwarder, ReceivedWebhook } from '../webhooks/api.ts'
import { config } from './applications.ts'
import { webhookForwarder } from './forward-webhook.ts'
import { AssertionMint } from './mint-assertion.ts'
import { openUpstreams } from './upstreams.ts'

const rules = [{ path: '/public/**', methods: ['GET'], public: true }]
let upstream: Server
let forwarder: Forwarder
let seen: { url: string; headers: IncomingHttpHeaders; body: Buffer } | null = null
let answer = (response: ServerResponse) => void response.writeHead(202).end()
before(async () => {
  upstream = createServer(async (request, response) => {
    seen = { url: request.url ?? '', headers: request.headers, body: Buffer.concat(await request.toArray()) }
    answer(response)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = { keyId: 'k1', publicKey: Buffer.alloc(32), sign: (text: Uint8Array) => sign(null, text, privateKey) }
  const mint = new AssertionMint(signer, 'https://custodia.example', frozenClock())
  const { port } = upstream.address() as AddressInfo
  const shop = { host: 'shop.localhost', upstream: `http://127.0.0.1:${port}`, rules, webhooks: ['/hooks/pay'] }
  const applications = config.applications.parse({ shop, silent: { ...shop, host: 'silent.localhost', webhooks: [] } })
  const { log } = keepingLog()
  const upstreams = await openUpstreams(applications, { clock: frozenClock(), log, metrics: createMetrics() })
  forwarder = webhookForwarder(applications, { mint, upstreams, log, originOf: ({ host }) => `https://${host}` })
})
after(() => {
  upstream.closeAllConnections()
  upstream.close()
})

const webhook = (changes: Partial<ReceivedWebhook> = {}): ReceivedWebhook => ({
  sourceId: 'whs_a',
  organisationId: 'org_a',
  name: 'Payments',
  application: 'shop',
  path: '/hooks/pay',
  headers: { 'content-type': 'application/json', 'x-github-event': 'push', host: 'custodia.example' },
  body: Buffer.from('{ "a":1 }'),
  address: '192.0.2.7',
  ...changes,
})
const forward = (changes: Partial<ReceivedWebhook> = {}, signal = AbortSignal.timeout(5_000)) =>
  forwarder.forward(webhook(changes), signal)

test('an application gets the body as it came, the sender’s headers, and who vouches for it', async () => {
  assert.equal(await forward(), 202)
  assert.deepEqual([seen?.url, seen?.body.toString()], ['/hooks/pay', '{ "a":1 }'])
  assert.partialDeepStrictEqual(seen?.headers, { 'x-github-event': 'push', host: 'shop.localhost' })
  const claims = JSON.parse(
    Buffer.from(String(seen?.headers['custodia-assertion']).split('.')[1] ?? '', 'base64url').toString(),
  )
  assert.partialDeepStrictEqual(claims, { aud: 'shop', sub: 'whs_a', org: 'org_a', key: 'whs_a', permissions: [] })
})

test('what a sender says of itself in our headers does not arrive', async () => {
  const forged = {
    'custodia-assertion': 'forged',
    'x-forwarded-for': '10.0.0.1',
    'transfer-encoding': 'chunked',
    'x-user-id': '1',
  }
  await forward({ headers: forged })
  assert.notEqual(seen?.headers['custodia-assertion'], 'forged')
  assert.equal(seen?.headers['x-forwarded-for'], '192.0.2.7')
  assert.deepEqual([seen?.headers['x-user-id'], seen?.headers['transfer-encoding']], [undefined, undefined])
})

test('nothing goes to another path or application than the configuration says now', async () => {
  seen = null
  for (const changes of [{ path: '/admin' }, { path: '/hooks/pay/' }, { application: 'silent' }, { application: 'x' }])
    await assert.rejects(forward(changes))
  assert.equal(seen, null)
  assert.deepEqual([...forwarder.applications], [['shop', ['/hooks/pay']]])
})

test('an application that hangs is given up in time, and one that answers without end is not waited for', async () => {
  answer = () => {}
  await assert.rejects(forward({}, AbortSignal.timeout(50)))
  answer = (response) => void response.writeHead(200).write('x'.repeat(100))
  assert.equal(await forward(), 200)
})

test('paths that could be read in more than one way are no paths of webhooks', () => {
  for (const path of ['hooks', '/', '/a/../b', '/a//b', '/a?b', '/a#b', '/a%2fb', '/a/*', '/a/.', '//evil.example'])
    assert.throws(
      () =>
        config.applications.parse({
          a: { host: 'a.localhost', upstream: 'http://127.0.0.1:1', rules, webhooks: [path] },
        }),
      /webhooks/,
      path,
    )
})
