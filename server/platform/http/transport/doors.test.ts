import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectBare } from 'node:net'
import type { Duplex } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { AddressLimits } from '../limits.ts'
import type { TestHttpServer } from '../testing.ts'
import { openHttpServer } from '../testing.ts'
import type { Issued, TestAuthority } from './authority-testing.ts'
import { newAuthority } from './authority-testing.ts'
import type { Body } from './doors-testing.ts'
import { answerIn, codeOf, handler, hosts } from './doors-testing.ts'

describe('hosts that demand certificates of clients', { timeout: 60_000 }, () => {
  let served: TestHttpServer
  let [authority, foreign, below]: TestAuthority[] = []
  const issued: Record<string, Issued> = {}
  const open: { destroy(): void }[] = []
  let standing: number | null = null
  /** The server's: the system's, or at one moment for as long as a test says so. */
  const clock = { nowMs: () => standing ?? Date.now() }

  before(async () => {
    authority = await newAuthority('clients')
    foreign = await newAuthority('clients')
    below = await authority.below('department')
    const names = await newAuthority('servers')
    const server = await names.issue({ names: hosts, usage: 'server' })
    Object.assign(issued, {
      good: await authority.issue({ subject: 'O=Example\\, Inc., CN=robot' }),
      other: await authority.issue({ subject: 'CN=other' }),
      expired: await authority.issue({ days: [-3, -1] }),
      early: await authority.issue({ days: [1, 3] }),
      server: await authority.issue({ usage: 'server' }),
      foreign: await foreign.issue({ subject: 'CN=robot' }),
      nameless: await authority.issue({ subject: '', names: ['robot.example.org'] }),
      large: await authority.issue({ names: Array.from({ length: 300 }, (_, i) => `host-${i}.example.org`) }),
    })
    const belowIssued = await below.issue({ subject: 'CN=below' })
    issued.below = { ...belowIssued, certificate: `${belowIssued.certificate}\n${below.pem}` }
    const list = await authority.revoke([issued.other as Issued])
    const certificates = (required: boolean, revoked: string | null = null) => ({
      authorities: (authority as TestAuthority).pem,
      revoked,
      required,
    })
    served = await openHttpServer({
      tls: server,
      hostHandlers: [handler],
      requestTimeoutSeconds: 1,
      services: {
        clock,
        limits: new AddressLimits(clock),
        authenticators: [],
        authorizer: { decide: () => ({ allowed: false, reason: 'no-grant', policies: [] }) },
        ownOrigins: new Set(),
        sensitiveMaxAgeSeconds: 600,
        onDenied() {},
      },
      demands: [
        { host: 'must.test', certificates: certificates(true) },
        { host: 'may.test', certificates: certificates(false) },
        { host: 'listed.test', certificates: certificates(true, list) },
        { host: 'other.test', certificates: { ...certificates(true), authorities: foreign.pem } },
      ],
    })
  })
  after(async () => {
    for (const one of open) one.destroy()
    await served?.server.drain(0)
  })

  const shake = (servername: string, who: string | null, options: ConnectionOptions = {}): TLSSocket => {
    const own = who === null ? {} : { cert: issued[who]?.certificate, key: issued[who]?.key }
    const socket = connect({
      host: '127.0.0.1',
      port: served.port,
      servername,
      rejectUnauthorized: false,
      ...(own as ConnectionOptions),
      ...options,
    })
    socket.on('error', () => {})
    open.push(socket)
    return socket
  }
  /** All that comes until the connection ends. */
  const said = (socket: Duplex) =>
    new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => (text += chunk))
      socket.once('close', () => resolve(text))
    })
  const head = (host: string, ...lines: string[]) =>
    `${['GET / HTTP/1.1', `Host: ${host}`, ...lines].join('\r\n')}\r\n\r\n`
  const http1 = async (servername: string, who: string | null, host = servername, options: ConnectionOptions = {}) => {
    const socket = shake(servername, who, options)
    socket.write(head(host, 'Connection: close'))
    return answerIn(await said(socket))
  }
  const session = (servername: string, who: string | null): ClientHttp2Session => {
    const one = connectHttp2(`https://${servername}`, {
      createConnection: () => shake(servername, who, { ALPNProtocols: ['h2'] }),
    })
    one.on('error', () => {})
    open.push(one)
    return one
  }
  const http2 = (one: ClientHttp2Session, host: string) =>
    new Promise<{ status: number; body: Body }>((resolve) => {
      if (one.destroyed) return resolve({ status: 0, body: {} })
      const stream = one.request({ ':path': '/', ':authority': host })
      let [text, status] = ['', 0]
      stream.on('response', (headers) => (status = Number(headers[':status'])))
      stream.on('data', (chunk) => (text += chunk))
      stream.on('error', () => {})
      stream.on('close', () => resolve({ status, body: text === '' ? {} : JSON.parse(text) }))
    })

  test('whoever has one is let in, and it is known who they are, in both versions of HTTP', async () => {
    for (const host of ['must.test', 'may.test', 'listed.test']) {
      const one = session(host, 'good')
      for (const { status, body } of [await http1(host, 'good'), await http2(one, host), await http2(one, host)]) {
        assert.equal(status, 200, host)
        assert.equal(body.proof?.subject, 'O=Example\\, Inc., CN=robot')
        assert.match(String(body.proof?.fingerprint), /^[0-9a-f]{64}$/)
        assert.match(String(body.proof?.header), /^:[A-Za-z0-9+/]+=*:$/)
        assert.equal(body.proof?.chainHeader, null)
      }
      one.close()
    }
    assert.equal((await http1('other.test', 'foreign')).status, 200)
  })

  test('those between a certificate and its authority are told, too', async () => {
    const { body } = await http1('must.test', 'below')
    assert.equal(body.proof?.subject, 'CN=below')
    const raw = Buffer.from((below?.pem ?? '').replace(/-----.*?-----|\s/g, ''), 'base64')
    assert.equal(body.proof?.chainHeader, `:${raw.toString('base64')}:`)
  })

  test('a certificate without a subject, as workloads have them, is one with an empty subject', async () => {
    const { status, body } = await http1('must.test', 'nameless')
    assert.deepEqual([status, body.proof?.subject], [200, ''])
    assert.equal((await http2(session('must.test', 'nameless'), 'must.test')).body.proof?.subject, '')
  })

  for (const who of [null, 'expired', 'early', 'server', 'foreign'])
    test(`where one is required, nobody with ${who === null ? 'none' : `one that is ${who}`} gets an answer`, async () => {
      assert.deepEqual(await http1('must.test', who), { status: 0, body: {} })
      assert.deepEqual(await http2(session('must.test', who), 'must.test'), { status: 0, body: {} })
    })

  test('one that was revoked is refused where there is a list of those, and only there', async () => {
    assert.equal((await http1('listed.test', 'other')).status, 0)
    assert.equal((await http1('must.test', 'other')).status, 200)
    for (const reason of ['revoked', 'missing', 'expired', 'untrusted'])
      assert.ok(
        (await served.figure(`custodia_tls_client_certificates_refused_total{reason="${reason}"}`)) >= 1,
        reason,
      )
  })

  test('where one is asked for, what is wrong with it is known, and nobody is believed for it', async () => {
    const wrong = {
      expired: 'expired',
      early: 'untrusted',
      server: 'untrusted',
      foreign: 'untrusted',
      large: 'too-large',
    }
    for (const [who, reason] of Object.entries(wrong))
      assert.equal((await http1('may.test', who)).body.proof, reason, who)
    assert.equal((await http1('may.test', null)).body.proof, 'missing')
    assert.equal((await http1('open.test', 'good')).body.proof, 'not-asked')
  })

  test('hosts without a demand ask nobody', async () => {
    const socket = shake('open.test', 'good')
    await once(socket, 'secureConnect')
    assert.equal((await http1('open.test', null)).status, 200)
    assert.equal((await http1('localhost', null)).status, 404)
    socket.destroy()
  })

  test('a connection that was opened for one host carries no request to another, where either demands', async () => {
    for (const [name, who, host] of [
      ['open.test', null, 'must.test'],
      ['open.test', 'good', 'must.test'],
      ['may.test', null, 'must.test'],
      ['may.test', 'good', 'must.test'],
      ['must.test', 'good', 'other.test'],
      ['must.test', 'good', 'may.test'],
      ['must.test', 'good', 'open.test'],
      ['must.test', 'good', 'localhost'],
      ['', null, 'must.test'],
      ['nobody.test', 'good', 'must.test'],
      ['must.test.', 'good', 'must.test'],
    ] as const) {
      const from = `${name} to ${host}`
      assert.deepEqual(codeOf(await http1(name, who, host)), [421, 'CONNECTION_MISDIRECTED'], from)
      if (name === '') continue
      const one = session(name, who)
      assert.deepEqual(codeOf(await http2(one, host)), [421, 'CONNECTION_MISDIRECTED'], from)
      one.destroy()
    }
  })

  test('nor after a request to the right one, or as an upgrade', async () => {
    const socket = shake('open.test', null)
    socket.write(head('open.test') + head('must.test') + head('open.test'))
    const text = await said(socket)
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 421'])
    const one = session('must.test', 'good')
    assert.deepEqual([(await http2(one, 'must.test')).status, (await http2(one, 'other.test')).status], [200, 421])
    assert.equal((await http2(one, 'must.test')).status, 200)
    one.destroy()
    for (const [name, who, host, status] of [
      ['open.test', null, 'must.test', 421],
      ['must.test', 'good', 'other.test', 421],
      ['must.test', 'good', 'must.test', 101],
    ] as const) {
      const upgrading = shake(name, who)
      upgrading.write(head(host, 'Connection: Upgrade', 'Upgrade: websocket'))
      assert.match(await said(upgrading), new RegExp(`^HTTP/1\\.1 ${status} `), `${name} to ${host}`)
    }
  })

  test('no session is resumed at a host that demands, whichever host it is of', async () => {
    const sessionOf = async (name: string, who: string | null) => {
      const socket = shake(name, who)
      let kept: Buffer | undefined
      socket.on('session', (one) => (kept = one))
      socket.write(head(name, 'Connection: close'))
      await said(socket)
      return kept
    }
    const resume = async (name: string, kept: Buffer | undefined, who: string | null) => {
      const socket = shake(name, who, kept === undefined ? {} : { session: kept })
      let reused = false
      socket.once('secureConnect', () => (reused = socket.isSessionReused()))
      socket.write(head(name, 'Connection: close'))
      return [answerIn(await said(socket)).status, reused]
    }
    const ofOpen = await sessionOf('open.test', null)
    assert.notEqual(ofOpen, undefined)
    assert.deepEqual(await resume('open.test', ofOpen, null), [200, true])
    assert.equal((await resume('must.test', ofOpen, null))[0], 0)
    assert.deepEqual(await resume('must.test', ofOpen, 'good'), [200, false])
    const ofMust = await sessionOf('must.test', 'good')
    assert.equal((await resume('must.test', ofMust, null))[0], 0)
    assert.deepEqual(await resume('must.test', ofMust, 'good'), [200, false])
    assert.equal((await resume('other.test', ofMust, null))[0], 0)
    const ofMay = await sessionOf('may.test', 'good')
    const socket = shake('may.test', null, ofMay === undefined ? {} : { session: ofMay })
    socket.write(head('may.test', 'Connection: close'))
    assert.equal(answerIn(await said(socket)).body.proof, 'missing')
  })

  test('an older TLS, another first message or half of one is nobody', async () => {
    const old = shake('must.test', 'good', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
    assert.equal(await said(old), '')
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: must.test\r\n\r\n',
      '\x16\x03\x01\x00\x05\x01\xff\xff\xff\x00',
      '\x16\x03\x01\x00\x01\x02',
    ]) {
      const socket = connectBare(served.port, '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')))
      socket.on('error', () => {})
      assert.doesNotMatch(await said(socket), /HTTP\/1\.1 200/)
    }
  })

  test('a first message that comes byte by byte is read all the same', async () => {
    const relay = connectBare(served.port, '127.0.0.1')
    open.push(relay)
    const slow = slowly(relay)
    const socket = connect({
      socket: slow,
      servername: 'must.test',
      rejectUnauthorized: false,
      ...({ cert: issued.good?.certificate, key: issued.good?.key } as ConnectionOptions),
    })
    socket.on('error', () => {})
    socket.write(head('must.test', 'Connection: close'))
    assert.equal(answerIn(await said(socket)).status, 200)
  })

  test('slow heads are ended there, as anywhere', async () => {
    const socket = shake('must.test', 'good')
    socket.write('GET / HTTP/1.1\r\nHost: must')
    assert.match(await said(socket), /^HTTP\/1\.1 408 /)
  })

  test('another list is in force at once: connections under the old one carry no more requests', async () => {
    const standing = shake('listed.test', 'good')
    standing.write(head('listed.test'))
    await once(standing, 'data')
    const one = session('listed.test', 'good')
    assert.equal((await http2(one, 'listed.test')).status, 200)
    const upgraded = shake('listed.test', 'good')
    upgraded.write(head('listed.test', 'Connection: Upgrade', 'Upgrade: websocket').replace('/', '/stay'))
    await once(upgraded, 'data')
    const list = await (authority as TestAuthority).revoke([issued.good as Issued])
    served.server.demand({
      host: 'listed.test',
      certificates: { authorities: (authority as TestAuthority).pem, revoked: list, required: true },
    })
    assert.match(String((await http2(one, 'listed.test')).status), /^(?:0|421)$/)
    standing.write(head('listed.test'))
    assert.doesNotMatch(await said(standing), /HTTP\/1\.1 200/)
    if (!upgraded.destroyed) await once(upgraded, 'close')
    assert.equal((await http1('listed.test', 'good')).status, 0)
    assert.equal((await http1('listed.test', 'other')).status, 200)
  })

  test('a certificate that runs out is none from then on, and WebSockets end with it', async (t) => {
    issued.brief = await (authority as TestAuthority).issue({ days: [-1, 1 / 24] })
    const untilMs = new X509Certificate(issued.brief.certificate).validToDate.getTime()
    t.after(() => {
      standing = null
    })
    const one = session('must.test', 'brief')
    assert.equal((await http2(one, 'must.test')).status, 200)
    standing = untilMs - 1_000
    assert.equal((await http2(one, 'must.test')).status, 200)
    const upgraded = shake('must.test', 'brief')
    upgraded.write(head('must.test', 'Connection: Upgrade', 'Upgrade: websocket').replace('/', '/stay'))
    const ended = said(upgraded)
    await once(upgraded, 'data')
    assert.equal(upgraded.destroyed, false)
    await ended
    standing = untilMs
    const last = await http2(one, 'must.test')
    assert.deepEqual([...codeOf(last), last.body.reason], [403, 'CLIENT_CERTIFICATE_REQUIRED', 'expired'])
    const large = await http1('must.test', 'large')
    assert.deepEqual([...codeOf(large), large.body.reason], [403, 'CLIENT_CERTIFICATE_REQUIRED', 'too-large'])
    assert.match(await ended, /^HTTP\/1\.1 101 /)
  })

  test('a list that has run out lets nobody in', async () => {
    const list = await (authority as TestAuthority).revoke([], -1)
    served.server.demand({
      host: 'listed.test',
      certificates: { authorities: (authority as TestAuthority).pem, revoked: list, required: true },
    })
    assert.equal((await http1('listed.test', 'good')).status, 0)
  })
})

/** Passes on what is written a byte at a time, until a hello is surely over. */
function slowly(socket: Duplex): Duplex {
  const write = socket.write.bind(socket) as (chunk: Buffer) => boolean
  let sent = 0
  socket.write = ((chunk: Buffer, ...rest: unknown[]) => {
    const done = rest.findLast((one) => typeof one === 'function') as (() => void) | undefined
    for (const byte of chunk) if (sent++ < 4_000) write(Buffer.of(byte))
    if (sent >= 4_000) write(chunk.subarray(Math.max(0, chunk.length - (sent - 4_000))))
    done?.()
    return true
  }) as typeof socket.write
  return socket
}
