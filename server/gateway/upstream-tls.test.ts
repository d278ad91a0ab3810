import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer as createPlain } from 'node:http'
import type { Server, ServerOptions } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../platform/clock.ts'
import { newAuthority } from '../platform/http/transport/authority-testing.ts'
import { createMetrics } from '../platform/telemetry/registry.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import { config } from './applications.ts'
import { webhookForwarder } from './forward-webhook.ts'
import type { AssertionMint } from './mint-assertion.ts'
import type { TestGateway } from './testing.ts'
import { codeOf, openTestGateway, upgradeStatus } from './testing.ts'
import { openUpstreams } from './upstreams.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-upstream-'))
const path = (name: string) => join(folder, name)
const servers: (Server | ReturnType<typeof createPlain>)[] = []

/** Who asked, by the subject of their certificate. */
const asked: string[] = []
const askedBy = (socket: unknown) => asked.push((socket as TLSSocket).getPeerX509Certificate()?.subject ?? 'nobody')

async function listen(server: Server | ReturnType<typeof createPlain>): Promise<number> {
  servers.push(server)
  server.on('upgrade', (request, socket) => {
    askedBy(request.socket)
    socket.on('error', () => {})
    socket.end(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const upstream = (options: ServerOptions) =>
  listen(
    createServer(options, (request, response: ServerResponse) => {
      askedBy(request.socket)
      response.end('hello')
    }),
  )

describe('the way to an upstream of https', { timeout: 60_000 }, () => {
  let rig: TestGateway
  let renew: () => Promise<void>

  before(async () => {
    const [authority, other] = [await newAuthority(), await newAuthority()]
    const server = await authority.issue({ names: ['127.0.0.1', 'app.internal'], usage: 'server' })
    const own = await authority.issue({ subject: 'CN=gateway' })
    const write = (name: string, { certificate, key }: { certificate: string; key: string }) => {
      writeFileSync(path(`${name}.key`), key, { mode: 0o600 })
      writeFileSync(path(`${name}.pem`), certificate)
    }
    write('gateway', own)
    write('stranger', await other.issue({ subject: 'CN=stranger' }))
    writeFileSync(path('authority.pem'), authority.pem)
    writeFileSync(path('other.pem'), other.pem)
    renew = async () => {
      const next = await authority.issue({ subject: 'CN=gateway-renewed' })
      writeFileSync(path('gateway.key'), next.key)
      await rig.gateway.look?.()
      assert.match(rig.said(), /can not be used/)
      write('gateway', next)
      await rig.gateway.look?.()
    }
    const proves = (issued: { certificate: string; key: string }) => ({ cert: issued.certificate, key: issued.key })
    const mutual = await upstream({ ...proves(server), requestCert: true, ca: authority.pem })
    const plain = await listen(createPlain((_request, response) => void response.end('hello')))
    const expired = await upstream(
      proves(await authority.issue({ names: ['127.0.0.1'], usage: 'server', days: [-3, -1] })),
    )
    const early = await upstream(proves(await authority.issue({ names: ['127.0.0.1'], usage: 'server', days: [1, 3] })))
    const client = await upstream(proves(await authority.issue({ names: ['127.0.0.1'], usage: 'client' })))
    const old = await upstream({ ...proves(server), maxVersion: 'TLSv1.2' })

    const caFile = path('authority.pem')
    const pair = (name: string) => ({ certificateFile: path(`${name}.pem`), keyFile: path(`${name}.key`) })
    const application = (name: string, port: number, upstreamTls: object | undefined, at = '127.0.0.1') => ({
      host: `${name}.localhost`,
      upstream: `https://${at}:${port}`,
      timeoutSeconds: 2,
      ...(upstreamTls === undefined ? {} : { upstreamTls }),
      rules: [{ path: '/**', public: true }],
    })
    const table: Record<string, [number, object | undefined, string?]> = {
      known: [mutual, { caFile, ...pair('gateway') }],
      named: [mutual, { caFile, ...pair('gateway'), serverName: 'app.internal' }],
      older: [old, { caFile, minVersion: 'TLSv1.2' }],
      unpinned: [mutual, pair('gateway')],
      bare: [mutual, undefined],
      mistaken: [mutual, { caFile: path('other.pem'), ...pair('gateway') }],
      misnamed: [mutual, { caFile, ...pair('gateway') }, 'localhost'],
      renamed: [mutual, { caFile, ...pair('gateway'), serverName: 'another.internal' }],
      nobody: [mutual, { caFile }],
      stranger: [mutual, { caFile, ...pair('stranger') }],
      expired: [expired, { caFile }],
      early: [early, { caFile }],
      client: [client, { caFile }],
      plain: [plain, { caFile }],
      old: [old, { caFile }],
    }
    rig = await openTestGateway(() =>
      Object.fromEntries(Object.entries(table).map(([name, values]) => [name, application(name, ...values)])),
    )
  })
  after(async () => {
    await rig?.close()
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true })
  })

  const get = (name: string) => rig.get('/', { host: `${name}.localhost` })
  const refused = {
    unpinned: 'SELF_SIGNED_CERT_IN_CHAIN',
    bare: 'SELF_SIGNED_CERT_IN_CHAIN',
    mistaken: 'CERT_SIGNATURE_FAILURE',
    misnamed: 'ERR_TLS_CERT_ALTNAME_INVALID',
    renamed: 'ERR_TLS_CERT_ALTNAME_INVALID',
    // What a server says of a certificate, or of none, comes after the handshake of TLS 1.3, and Node only closes.
    nobody: null,
    stranger: null,
    expired: 'CERT_HAS_EXPIRED',
    early: 'CERT_NOT_YET_VALID',
    client: 'INVALID_PURPOSE',
    plain: 'ERR_SSL_',
    old: 'ERR_SSL_',
  }

  test('an authority that is named is believed, and the gateway shows its certificate', async () => {
    for (const name of ['known', 'named', 'older']) {
      asked.length = 0
      assert.deepEqual([(await get(name)).body, asked], ['hello', [name === 'older' ? 'nobody' : 'CN=gateway']], name)
    }
  })

  for (const [name, reason] of Object.entries(refused))
    test(`nothing is sent to an upstream that is ${name}; the log says why, the reply does not`, async () => {
      asked.length = 0
      const from = rig.said().length
      const got = await get(name)
      assert.equal(got.status, 502)
      assert.equal(codeOf(got), reason === null ? 'GATEWAY_UPSTREAM_DOWN' : 'GATEWAY_UPSTREAM_UNTRUSTED')
      assert.doesNotMatch(got.body + JSON.stringify(got.headers), /certificate|self.signed|altname|CERT_|ERR_|127\.0/i)
      assert.deepEqual(asked, [])
      if (reason !== null) assert.match(rig.said().slice(from), new RegExp(`"reason":"[^"]*${reason}`))
    })

  /** The answer of the upstream above is not that of a WebSocket, which is found out after it was let through. */
  const upgrade = (name: string) => upgradeStatus(rig.port, `${name}.localhost`, '/').catch(() => 101)

  test('a WebSocket goes the same way, or not at all', async () => {
    for (const name of ['known', 'named']) {
      asked.length = 0
      assert.equal(await upgrade(name), 101, name)
      assert.deepEqual(asked, ['CN=gateway'], name)
    }
    asked.length = 0
    for (const name in refused) assert.equal(await upgrade(name), 502, name)
    assert.deepEqual(asked, [])
  })

  test('a verified webhook goes the same way, or not at all', async () => {
    const applications = rig.context.config.applications.map((one) => ({ ...one, webhooks: ['/hook'] }))
    const needs = { clock: systemClock, log: keepingLog().log, metrics: createMetrics() }
    const upstreams = await openUpstreams(applications, needs)
    const mint = { mint: () => 'assertion' } as unknown as AssertionMint
    const forwarder = webhookForwarder(applications, {
      ...needs,
      mint,
      upstreams,
      originOf: ({ host }) => `https://${host}`,
    })
    const webhook = {
      sourceId: 'whs_a',
      organisationId: 'org_a',
      name: 'Payments',
      path: '/hook',
      address: '192.0.2.7',
    }
    const forward = (application: string) =>
      forwarder.forward({ ...webhook, application, headers: {}, body: Buffer.from('{}') }, AbortSignal.timeout(5_000))
    for (const name of ['known', 'named']) {
      asked.length = 0
      assert.equal(await forward(name), 200, name)
      assert.deepEqual(asked, ['CN=gateway'], name)
    }
    asked.length = 0
    for (const name in refused) await assert.rejects(forward(name), name)
    assert.deepEqual(asked, [])
    upstreams.stop()
  })

  test('another certificate is used without a restart, half of one is not', async () => {
    await renew()
    asked.length = 0
    assert.equal(await upgrade('known'), 101)
    assert.deepEqual(asked, ['CN=gateway-renewed'])
  })

  test('a key that others may read is said to be one', async () => {
    chmodSync(path('gateway.key'), 0o644)
    await rig.gateway.stop()
    await rig.restart()
    assert.match(rig.said(), /"keyFile":"[^"]*gateway\.key".*others on this machine can read/)
    chmodSync(path('gateway.key'), 0o600)
  })
})

const parse = (upstreamTls: unknown, upstream = 'https://a.example') =>
  config.applications.parse({
    app: { host: 'app.localhost', upstream, upstreamTls, rules: [{ path: '/**', public: true }] },
  })

test('a setting that could not be meant is refused', () => {
  for (const [wrong, reason] of [
    [{ certificateFile: 'a' }, /together/],
    [{ keyFile: 'a' }, /together/],
    [{ rejectUnauthorized: false }, /not known/],
    [{ caFile: '' }, /not a path/],
    [{ caFile: 7 }, /not a path/],
    [{ serverName: 'A b' }, /not a host name/],
    [{ serverName: '127.0.0.1' }, /not a host name/],
    [{ minVersion: 'TLSv1.1' }, /not one of/],
    ['a', /not a mapping/],
    [null, /not a mapping/],
    [[], /not a mapping/],
  ] as const)
    assert.throws(() => parse(wrong), reason)
  assert.throws(() => parse({ caFile: 'a' }, 'http://a.example'), /no effect/)
})

test('a file that is not there, or not what it should be, keeps the gateway from starting', async () => {
  const other = mkdtempSync(join(tmpdir(), 'custodia-upstream-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(other, name), text, { mode: 0o600 })
    return join(other, name)
  }
  const authority = await newAuthority()
  const [one, two] = [await authority.issue(), await authority.issue()]
  const expired = await authority.issue({ days: [-3, -1] })
  const pair = (certificate: string, key: string) => ({
    certificateFile: file('a.pem', certificate),
    keyFile: file('a.key', key),
  })
  const start = async (upstreamTls: object) => {
    const app = {
      host: 'x.localhost',
      upstream: 'https://127.0.0.1:1',
      upstreamTls,
      rules: [{ path: '/**', public: true }],
    }
    const needs = { clock: systemClock, log: keepingLog().log, metrics: createMetrics() }
    const upstreams = await openUpstreams(config.applications.parse({ x: app }), needs)
    upstreams.stop()
  }
  try {
    await start({ caFile: file('ca.pem', authority.pem) })
    await assert.rejects(start({ caFile: join(other, 'absent.pem') }), /absent\.pem/)
    await assert.rejects(start({ caFile: other }), /not a file/)
    await assert.rejects(start({ caFile: file('ca.pem', 'nothing') }), /certificate/)
    await assert.rejects(start({ caFile: file('ca.pem', one.key) }), (error: Error) => !error.message.includes('BEGIN'))
    await assert.rejects(start(pair(one.certificate, two.key)), /do not belong together/)
    await assert.rejects(start(pair(expired.certificate, expired.key)), /has run out/)
    await assert.rejects(start(pair(one.key, one.certificate)), /not one in PEM/)
  } finally {
    rmSync(other, { recursive: true })
  }
})
