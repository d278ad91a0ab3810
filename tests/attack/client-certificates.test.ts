import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import type { Issued, TestAuthority } from '../../server/platform/http/transport/authority-testing.ts'
import { newAuthority } from '../../server/platform/http/transport/authority-testing.ts'
import type { TestServer } from '../harness.ts'
import { newFolder, ownPort, startTestServer } from '../harness.ts'
import { rawExchange } from '../raw-exchange.ts'
import { superuserOf } from '../superuser.ts'
import { without } from './scanner.ts'
import { unlimited } from './target.ts'

const hosts = ['custodia.localhost', 'machine.localhost', 'robots.localhost', 'open.localhost', 'localhost']
const der = ({ certificate }: Issued) => `:${new X509Certificate(certificate).raw.toString('base64')}:`

describe('certificates on both sides of a real process', { timeout: 120_000 }, () => {
  let server: TestServer
  let upstream: Server
  let clients: TestAuthority
  let redirectPort: number
  let log = ''
  const folder = newFolder()
  const issued: Record<string, Issued> = {}
  const seen: { headers: IncomingHttpHeaders; by: string }[] = []
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  before(async () => {
    clients = await newAuthority('clients')
    const [inside, names] = [await newAuthority('inside'), await newAuthority('names')]
    Object.assign(issued, {
      robot: await clients.issue({ subject: 'CN=robot' }),
      other: await clients.issue({ subject: 'CN=other' }),
      expired: await clients.issue({ days: [-3, -1] }),
      foreign: await (await newAuthority('clients')).issue({ subject: 'CN=robot' }),
    })
    const ofUpstream = await inside.issue({ names: ['127.0.0.1'], usage: 'server' })
    const gateway = await inside.issue({ subject: 'CN=gateway' })
    const proves = { cert: ofUpstream.certificate, key: ofUpstream.key, requestCert: true, ca: inside.pem }
    upstream = createServer(proves, (request, response) => {
      const by = (request.socket as TLSSocket).getPeerX509Certificate()?.subject ?? 'nobody'
      seen.push({ headers: request.headers, by })
      response.end('hello')
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const own = await names.issue({ names: hosts, usage: 'server' })
    redirectPort = await ownPort()
    const application = (host: string, rules: object[], more: object = {}) => ({
      host,
      upstream: `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      upstreamTls: {
        caFile: file('inside.pem', inside.pem),
        certificateFile: file('gateway.pem', gateway.certificate),
        keyFile: file('gateway.key', gateway.key),
      },
      rules,
      ...more,
    })
    const caFile = file('clients.pem', clients.pem)
    const crlFile = file('clients.crl', await clients.revoke([]))
    const everything = { path: '/**', public: true }
    server = await startTestServer({
      folder,
      configuration: JSON.stringify({
        gateway: {
          applications: {
            machine: application('machine.localhost', [everything], { clientCertificates: { caFile, crlFile } }),
            robots: application(
              'robots.localhost',
              [{ path: '/robot', public: true, clientCertificate: { subjects: ['CN=robot'] } }, everything],
              { clientCertificates: { caFile, required: false } },
            ),
            open: application('open.localhost', [everything]),
          },
        },
      }),
      environment: {
        ...unlimited,
        CUSTODIA_TLS: 'files',
        CUSTODIA_TLS_CERTIFICATE_FILE: file('server.pem', own.certificate),
        CUSTODIA_TLS_KEY_FILE: file('server.key', own.key),
        CUSTODIA_REDIRECT_LISTEN: `127.0.0.1:${redirectPort}`,
      },
    })
    for (const output of [server.child.stdout, server.child.stderr]) output?.on('data', (chunk) => (log += chunk))
  })
  after(async () => {
    await server?.remove()
    upstream?.closeAllConnections()
    upstream?.close()
    assert.doesNotMatch(log, /PRIVATE KEY|BEGIN CERTIFICATE|"level":"?error/)
  })

  const shake = (servername: string, who: string | null, ALPNProtocols?: string[]): TLSSocket => {
    const own = who === null ? {} : { cert: issued[who]?.certificate, key: issued[who]?.key }
    const to = { host: '127.0.0.1', port: server.port, servername, rejectUnauthorized: false }
    const socket = connect({
      ...to,
      ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }),
      ...own,
    } as ConnectionOptions)
    socket.setTimeout(20_000, () => socket.destroy())
    return socket.on('error', () => {})
  }
  const http1 = async (host: string, who: string | null, path = '/', headers: Record<string, string> = {}) => {
    const socket = shake(host, who)
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    const lines = Object.entries({ Host: host, Connection: 'close', ...headers }).map((one) => `${one.join(': ')}\r\n`)
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    await new Promise((resolve) => socket.once('close', resolve))
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }
  }
  const http2 = async (host: string, who: string | null, headers: Record<string, string> = {}) => {
    const session = connectHttp2(`https://${host}:${server.port}`, {
      createConnection: () => shake(host, who, ['h2']),
    })
    session.on('error', () => {})
    const stream = session.request({ ':path': '/', ...headers })
    const status = await new Promise<number>((resolve) => {
      stream.on('response', (answered) => resolve(Number(answered[':status'])))
      stream.on('error', () => {})
      stream.on('close', () => resolve(0))
    })
    session.destroy()
    return status
  }
  const logged = async (text: string) => {
    for (const until = Date.now() + 15_000; !log.includes(text); await pause(20))
      assert.ok(Date.now() < until, `the log does not say: ${text}`)
  }

  test('from the client to the application, each side proves itself to the next', async () => {
    seen.length = 0
    assert.equal((await http1('machine.localhost', 'robot')).status, 200)
    assert.equal(await http2('machine.localhost', 'robot'), 200)
    assert.deepEqual(
      seen.map(({ headers, by }) => [headers['client-cert'], by]),
      [1, 2].map(() => [der(issued.robot as Issued), 'CN=gateway']),
    )
  })

  test('whoever has none, an expired one or one of another authority reaches nothing', async () => {
    seen.length = 0
    for (const who of [null, 'expired', 'foreign']) {
      assert.equal((await http1('machine.localhost', who)).status, 0, String(who))
      assert.equal(await http2('machine.localhost', who), 0, String(who))
      const answer = await http1('robots.localhost', who, '/robot')
      assert.equal(answer.status, 403)
      assert.match(answer.text, /CLIENT_CERTIFICATE_REQUIRED/)
    }
    assert.deepEqual(seen, [])
  })

  test('a header that says so proves nothing, in both versions of HTTP', async () => {
    seen.length = 0
    const forged = { 'Client-Cert': der(issued.robot as Issued), 'Client-Cert-Chain': der(issued.robot as Issued) }
    const lower = { 'client-cert': der(issued.robot as Issued), client_cert: der(issued.robot as Issued) }
    for (const host of ['open.localhost', 'robots.localhost']) {
      assert.equal((await http1(host, null, '/', forged)).status, 200)
      assert.equal(await http2(host, null, lower), 200)
    }
    for (const { headers } of seen) assert.doesNotMatch(Object.keys(headers).join(), /cert/)
    assert.equal((await http1('robots.localhost', null, '/robot', forged)).status, 403)
    assert.equal(seen.length, 4)
  })

  test('no connection of another host leads there, nor does plain HTTP', async () => {
    seen.length = 0
    for (const host of ['open.localhost', 'robots.localhost', 'localhost']) {
      assert.equal((await http1(host, 'robot', '/', { Host: 'machine.localhost' })).status, 421, host)
      assert.equal(await http2(host, 'robot', { ':authority': 'machine.localhost' }), 421, host)
    }
    const head = `Host: machine.localhost\r\nClient-Cert: ${der(issued.robot as Issued)}\r\nConnection: close\r\n\r\n`
    assert.equal((await rawExchange(redirectPort, `GET / HTTP/1.1\r\n${head}`).answer).status, 308)
    assert.equal(
      (await rawExchange(redirectPort, `POST / HTTP/1.1\r\nContent-Length: 0\r\n${head}`).answer).status,
      426,
    )
    const bare = await rawExchange(server.port, `GET / HTTP/1.1\r\n${head}`).answer.catch(() => null)
    assert.notEqual(bare?.status, 200)
    assert.deepEqual(seen, [])
  })

  test('openssl is asked for a certificate at hosts that demand one, and at no other', {
    skip: without('openssl'),
  }, () => {
    const said = (host: string) =>
      spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', host], {
        input: '',
        encoding: 'utf8',
        timeout: 10_000,
      }).stdout
    assert.match(said('machine.localhost'), /Acceptable client certificate CA names\s+CN ?= ?clients/)
    assert.match(said('robots.localhost'), /Acceptable client certificate CA names/)
    for (const host of ['open.localhost', 'localhost', 'custodia.localhost'])
      assert.match(said(host), /No client certificate CA names sent/)
  })

  test('the ledger has whose certificate was not enough', async () => {
    const fingerprint = new X509Certificate(issued.other?.certificate ?? '').fingerprint256
    assert.equal((await http1('robots.localhost', 'other', '/robot')).status, 403)
    const superuser = await superuserOf(folder)
    const asked = `select convert_from(body, 'utf8') as body from audit.entry where type like '%request.refused'`
    for (const until = Date.now() + 10_000; ; await pause(50)) {
      const bodies = (await superuser.run(asked)).map(({ body }) => String(body))
      const found = bodies.find((body) => body.includes(fingerprint.replaceAll(':', '').toLowerCase()))
      if (found !== undefined) {
        assert.match(found, /"reason":"client-certificate"/)
        assert.doesNotMatch(found, /CN=other/)
        break
      }
      assert.ok(Date.now() < until, 'the ledger does not say')
    }
    await superuser.close()
  })

  test('what was revoked is out without a restart; a list that is none changes nothing', async () => {
    assert.equal((await http1('machine.localhost', 'other')).status, 200)
    file('clients.crl', 'nothing')
    server.child.kill('SIGHUP')
    await logged('the old ones stay')
    assert.equal((await http1('machine.localhost', 'other')).status, 200)
    file('clients.crl', await clients.revoke([issued.other as Issued]))
    server.child.kill('SIGHUP')
    await logged('another list of revoked certificates')
    assert.equal((await http1('machine.localhost', 'other')).status, 0)
    assert.equal(await http2('machine.localhost', 'other'), 0)
    assert.equal((await http1('machine.localhost', 'robot')).status, 200)
  })

  test('another certificate of the server is shown at every host', async () => {
    const shown = async (host: string) => {
      const socket = shake(host, 'robot')
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const next = await (await newAuthority('names')).issue({ names: hosts, usage: 'server' })
    file('server.key', next.key)
    chmodSync(join(folder, 'server.key'), 0o644)
    file('server.pem', next.certificate)
    server.child.kill('SIGHUP')
    await logged('another certificate is in use')
    await logged('others on this machine can read')
    for (const host of ['open.localhost', 'machine.localhost', 'robots.localhost'])
      assert.equal(await shown(host), new X509Certificate(next.certificate).fingerprint256, host)
    assert.equal((await http1('machine.localhost', 'robot')).status, 200)
  })
})

describe('a server of which it would not be true', { timeout: 150_000 }, () => {
  // One folder, so that one database is made for all of them.
  const folder = newFolder()
  const caFile = join(folder, 'clients.pem')
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('without TLS, where nobody could show a certificate, it does not start', async () => {
    writeFileSync(caFile, (await newAuthority()).pem)
    const rules = [{ path: '/**', public: true }]
    const machine = { host: 'machine.localhost', upstream: 'http://127.0.0.1:9', rules, clientCertificates: { caFile } }
    const configuration = JSON.stringify({ gateway: { applications: { machine } } })
    await assert.rejects(startTestServer({ folder, configuration }), /CUSTODIA_TLS is off/)
    const environment = { CUSTODIA_TLS_CLIENT_CERTIFICATES: 'required', CUSTODIA_TLS_CLIENT_CA_FILE: caFile }
    await assert.rejects(startTestServer({ folder, environment }), /CUSTODIA_TLS is off/)
    const absent = { ...environment, CUSTODIA_TLS: 'development', CUSTODIA_TLS_CLIENT_CA_FILE: join(folder, 'absent') }
    await assert.rejects(startTestServer({ folder, environment: absent }), /absent.*ENOENT/)
  })

  test('where the whole listener demands one, Custodia’s own pages are behind it, too', async () => {
    const authority = await newAuthority()
    const robot = await authority.issue()
    writeFileSync(caFile, authority.pem)
    const server = await startTestServer({
      folder,
      environment: {
        CUSTODIA_TLS: 'development',
        CUSTODIA_TLS_CLIENT_CERTIFICATES: 'required',
        CUSTODIA_TLS_CLIENT_CA_FILE: caFile,
      },
    })
    const ask = async (own: ConnectionOptions) => {
      const to = { host: '127.0.0.1', port: server.port, servername: 'custodia.localhost', rejectUnauthorized: false }
      const socket = connect({ ...to, ...own })
      let text = ''
      socket.on('error', () => {})
      socket.on('data', (chunk) => (text += chunk))
      socket.setTimeout(10_000, () => socket.destroy())
      socket.write('GET /livez HTTP/1.1\r\nHost: custodia.localhost\r\nConnection: close\r\n\r\n')
      await new Promise((resolve) => socket.once('close', resolve))
      return text.slice(0, 12)
    }
    try {
      assert.equal(await ask({}), '')
      assert.equal(await ask({ cert: robot.certificate, key: robot.key }), 'HTTP/1.1 200')
    } finally {
      await server.remove()
    }
  })
})
