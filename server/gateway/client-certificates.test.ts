import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { connect } from 'node:tls'
import type { TestHttpServer } from '../platform/http/testing.ts'
import { openHttpServer } from '../platform/http/testing.ts'
import type { Issued } from '../platform/http/transport/authority-testing.ts'
import { newAuthority } from '../platform/http/transport/authority-testing.ts'
import { config } from './applications.ts'
import type { TestGateway } from './testing.ts'
import { openTestGateway } from './testing.ts'

const printOf = ({ certificate }: Issued) => new X509Certificate(certificate).fingerprint256
const derOf = ({ certificate }: Issued) => `:${new X509Certificate(certificate).raw.toString('base64')}:`

describe('an application whose clients prove themselves with certificates', { timeout: 60_000 }, () => {
  let rig: TestGateway
  let served: TestHttpServer
  let issued: Record<'robot' | 'other' | 'expired' | 'below', Issued>

  before(async () => {
    const authority = await newAuthority()
    const below = await authority.below('department')
    const ofBelow = await below.issue({ subject: 'CN=below' })
    issued = {
      robot: await authority.issue({ subject: 'O=Example, CN=robot' }),
      other: await authority.issue({ subject: 'O=Example, CN=other' }),
      expired: await authority.issue({ days: [-3, -1] }),
      below: { ...ofBelow, certificate: `${ofBelow.certificate}\n${below.pem}` },
    }
    const rules = [
      { path: '/any', public: true, clientCertificate: 'required' },
      { path: '/named', public: true, clientCertificate: { subjects: ['O=Example, CN=robot'] } },
      { path: '/printed', public: true, clientCertificate: { fingerprints: [printOf(issued.robot)] } },
      { path: '/both', permission: 'machine:read', clientCertificate: { subjects: ['O=Example, CN=robot'] } },
      { path: '/person', permission: 'machine:read' },
      { path: '/**', public: true },
    ]
    const application = (host: string, more: object) => ({
      host,
      permissions: { 'machine:read': 'Read.' },
      rules,
      ...more,
    })
    rig = await openTestGateway((upstream) => ({
      machine: application('machine.localhost', {
        upstream,
        clientCertificates: { caFile: '/clients.pem', required: false, chain: true },
      }),
      plain: { host: 'plain.localhost', upstream, rules: [{ path: '/**', public: true }] },
    }))
    const names = await newAuthority()
    served = await openHttpServer({
      tls: await names.issue({ names: ['machine.localhost', 'plain.localhost'], usage: 'server' }),
      hostHandlers: [rig.gateway],
      demands: [
        { host: 'machine.localhost', certificates: { authorities: authority.pem, revoked: null, required: false } },
      ],
    })
  })
  after(async () => {
    await served?.server.drain(0)
    await rig?.close()
  })
  afterEach(() => rig.reset())

  /** The status and the code of what comes back. */
  function ask(path: string, who: keyof typeof issued | null, headers: Record<string, string> = {}, host = 'machine') {
    const own = who === null ? {} : { cert: issued[who].certificate, key: issued[who].key }
    const lines = Object.entries({ host: `${host}.localhost`, connection: 'close', ...headers })
    return new Promise<{ status: number; code: string | null; reason: string | null; text: string }>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port: served.port,
        servername: `${host}.localhost`,
        rejectUnauthorized: false,
        ...(own as ConnectionOptions),
      })
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk) => (text += chunk))
      socket.once('close', () =>
        resolve({
          status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
          code: /"code":"(\w+)"/.exec(text)?.[1] ?? null,
          reason: /"reason":"([\w-]+)"/.exec(text)?.[1] ?? null,
          text,
        }),
      )
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
    })
  }
  const refused = { status: 403, code: 'CLIENT_CERTIFICATE_REQUIRED' }
  const of = ({ status, code }: { status: number; code: string | null }) => ({ status, code })
  const refusals = () =>
    rig.context.events
      .filter(({ type }) => type.endsWith('request.refused'))
      .map(({ data, personal }) => ({ ...data, ...personal }))

  test('it is told of the certificate, as a byte sequence, and of those between it and the authority', async () => {
    assert.equal((await ask('/any', 'robot')).status, 200)
    assert.equal(rig.seen?.headers['client-cert'], derOf(issued.robot))
    assert.equal(rig.seen?.headers['client-cert-chain'], undefined)
    assert.equal((await ask('/any', 'below')).status, 200)
    assert.equal(rig.seen?.headers['client-cert'], derOf(issued.below))
    assert.match(String(rig.seen?.headers['client-cert-chain']), /^:[A-Za-z0-9+/=]+:$/)
  })

  test('what a client writes of certificates itself never arrives', async () => {
    const forged = {
      'Client-Cert': derOf(issued.robot),
      'Client-Cert-Chain': derOf(issued.robot),
      client_cert: derOf(issued.robot),
      'X-Client-Cert': 'robot',
      'X-SSL-Client-Verify': 'SUCCESS',
      'SSL-Client-Cert': 'robot',
      'X-Forwarded-Client-Cert': 'Subject="CN=robot"',
    }
    const aboutCertificates = () => Object.keys(rig.seen?.headers ?? {}).filter((name) => /cert|ssl|verify/.test(name))
    for (const host of ['machine', 'plain']) {
      assert.equal((await ask('/else', null, forged, host)).status, 200, host)
      assert.deepEqual(aboutCertificates(), [], host)
    }
    assert.equal((await ask('/else', 'other', forged)).status, 200)
    assert.deepEqual(aboutCertificates(), ['client-cert'])
    assert.equal(rig.seen?.headers['client-cert'], derOf(issued.other))
    rig.seen = null
    assert.deepEqual(of(await ask('/any', null, forged)), refused)
    assert.equal(rig.seen, null)
  })

  test('a rule asks for any certificate, or for those that it names; what is wrong with another is said', async () => {
    for (const path of ['/any', '/named', '/printed']) {
      assert.equal((await ask(path, 'robot')).status, 200, path)
      rig.seen = null
      const [none, old, other] = [await ask(path, null), await ask(path, 'expired'), await ask(path, 'other')]
      assert.deepEqual([of(none), none.reason], [refused, 'missing'], path)
      assert.deepEqual([of(old), old.reason], [refused, 'expired'], path)
      if (path !== '/any') assert.deepEqual([of(other), other.reason], [refused, 'not-named'], path)
      if (path !== '/any') assert.equal(rig.seen, null, path)
    }
  })

  test('a path that is spelled otherwise goes round no rule', async () => {
    for (const path of ['/Any', '/any/', '/NAMED', '/printed/']) {
      assert.deepEqual((await ask(path, null)).code, 'GATEWAY_PATH_AMBIGUOUS', path)
      assert.equal(rig.seen, null)
    }
  })

  test('a certificate is nobody: where a permission is asked for, somebody has to be signed in, too', async () => {
    rig.signedIn('ann', 'reader')
    const cookie = { cookie: '__Host-custodia=ann' }
    assert.equal((await ask('/both', 'robot', cookie)).status, 200)
    assert.deepEqual(of(await ask('/both', null, cookie)), refused)
    assert.deepEqual(of(await ask('/both', 'other', cookie)), refused)
    assert.equal((await ask('/both', 'robot')).code, 'AUTHENTICATION_REQUIRED')
    assert.deepEqual(of(await ask('/both', null)), refused)
  })

  test('the ledger has who was refused with which certificate, and nothing of strangers without one', async () => {
    rig.signedIn('ann', 'reader')
    rig.signedIn('eve', 'nothing')
    const certificate = printOf(issued.other).replaceAll(':', '').toLowerCase()
    const subject = 'O=Example, CN=other'
    await ask('/both', 'other', { cookie: '__Host-custodia=ann' })
    await ask('/person', 'other', { cookie: '__Host-custodia=eve' })
    await ask('/named', 'other')
    await ask('/named', null)
    await ask('/named', 'expired')
    const common = { application: 'machine', method: 'GET', certificate, subject }
    assert.deepEqual(refusals(), [
      { ...common, permission: 'machine:read', reason: 'client-certificate', path: '/both' },
      { ...common, permission: 'machine:read', reason: 'no-grant', path: '/person' },
      { ...common, permission: null, reason: 'client-certificate', path: '/named' },
    ])
  })
})

const parse = (fields: object, rule: object = {}) =>
  config.applications.parse({
    app: {
      host: 'app.localhost',
      upstream: 'http://a.example',
      rules: [{ path: '/**', public: true, ...rule }],
      ...fields,
    },
  })

test('a setting that could not be meant is refused', () => {
  for (const [wrong, reason] of [
    [{}, /caFile is not a path/],
    [{ caFile: 7 }, /caFile is not a path/],
    [{ caFile: 'a', crlFile: '' }, /crlFile is not a path/],
    [{ caFile: 'a', required: 'yes' }, /required is neither/],
    [{ caFile: 'a', chain: 1 }, /chain is neither/],
    [{ caFile: 'a', verify: false }, /not known/],
    [null, /not a mapping/],
    ['a', /not a mapping/],
  ] as const)
    assert.throws(() => parse({ clientCertificates: wrong }), reason)
  const clientCertificates = { caFile: 'a' }
  for (const [wrong, reason] of [
    ['optional', /not a mapping/],
    [true, /not a mapping/],
    [{}, /neither the word/],
    [{ subjects: [] }, /not a list/],
    [{ subjects: 'CN=robot' }, /not a list/],
    [{ fingerprints: ['abc'] }, /not a SHA-256/],
    [{ issuers: ['a'] }, /not known/],
  ] as const)
    assert.throws(() => parse({ clientCertificates }, { clientCertificate: wrong }), reason)
  assert.throws(() => parse({}, { clientCertificate: 'required' }), /say in app\.clientCertificates/)
  assert.equal(parse({ clientCertificates })[0]?.clientCertificates?.required, true)
})
