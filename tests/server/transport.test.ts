import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { systemClock } from '../../server/platform/clock.ts'
import type { TlsMaterial } from '../../server/platform/http/tls.ts'
import { newCertificate } from '../../server/platform/http/transport/testing.ts'
import type { TestServer } from '../harness.ts'
import { newFolder, ownPort, startTestServer } from '../harness.ts'
import { rawExchange } from '../raw-exchange.ts'

const hosts = ['custodia.localhost', 'app.localhost', 'localhost', '127.0.0.1']

describe('the transport of a real process', { timeout: 120_000 }, () => {
  let server: TestServer
  let upstream: Server
  let authority: string
  let redirectPort: number
  let log = ''
  const folder = newFolder()
  const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') }
  const seen: { url: string; headers: IncomingHttpHeaders; body: string; httpVersion: string }[] = []

  const install = ({ certificate, key }: TlsMaterial) => {
    writeFileSync(files.key, key, { mode: 0o600 })
    writeFileSync(files.certificate, certificate)
  }

  before(async () => {
    upstream = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push({ url: String(request.url), headers: request.headers, body, httpVersion: request.httpVersion })
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.setHeader('x-powered-by', 'something')
      response.setHeader('connection', 'close')
      response.end(`you said ${body.length}`)
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const first = await newCertificate(hosts, systemClock)
    authority = first.authority
    install(first)
    redirectPort = await ownPort()
    server = await startTestServer({
      folder,
      configuration: `gateway:
  applications:
    app: { host: app.localhost, upstream: "http://127.0.0.1:${(upstream.address() as AddressInfo).port}", rules: [{ path: "/**", public: true }] }
`,
      environment: {
        CUSTODIA_TLS: 'files',
        CUSTODIA_TLS_CERTIFICATE_FILE: files.certificate,
        CUSTODIA_TLS_KEY_FILE: files.key,
        CUSTODIA_REDIRECT_LISTEN: `127.0.0.1:${redirectPort}`,
        // Longer than `stop` waits: a connection that keeps the server from stopping has it killed.
        CUSTODIA_SHUTDOWN_GRACE_SECONDS: '300',
      },
    })
    for (const output of [server.child.stdout, server.child.stderr]) output?.on('data', (chunk) => (log += chunk))
  })
  after(async () => {
    await server?.remove()
    upstream.closeAllConnections()
    upstream.close()
  })

  const open = (servername = 'custodia.localhost') =>
    connect(`https://${servername}:${server.port}`, {
      ca: authority,
      servername,
      createConnection: () =>
        connectTls({
          host: '127.0.0.1',
          port: server.port,
          servername,
          ca: authority,
          ALPNProtocols: ['h2'],
        }),
    })
  const ask = async (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) => {
    const stream = session.request(headers, { endStream: body === undefined })
    if (body !== undefined) stream.end(body)
    const [answered] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
    let text = ''
    for await (const chunk of stream) text += chunk
    return { status: answered[':status'], headers: answered, text }
  }

  /** The status, or why there was none: what is malformed in HTTP/2 itself ends its stream before anybody sees it. */
  const answered = (session: ClientHttp2Session, headers: OutgoingHttpHeaders) =>
    ask(session, headers).then(
      ({ status }) => String(status),
      (error) => String(error.message),
    )

  test('HTTP/2 is spoken with whoever offers it, and the answers are the same', async () => {
    const session = open()
    await once(session, 'connect')
    assert.equal(session.alpnProtocol, 'h2')
    const { status, headers, text } = await ask(session, { ':path': '/livez' })
    assert.deepEqual([status, JSON.parse(text)], [200, { status: 'ok' }])
    assert.match(String(headers['strict-transport-security']), /max-age=63072000/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    const unknown = await ask(session, { ':path': '/v1/nothing' })
    assert.deepEqual([unknown.status, JSON.parse(unknown.text).code], [404, 'ROUTE_UNKNOWN'])
    const body = JSON.stringify({ email: 'a@example.org', password: 'x'.repeat(20) })
    const post = { ':method': 'POST', ':path': '/v1/sign-in', 'content-type': 'application/json' }
    assert.equal((await ask(session, { ...post, origin: server.publicUrl }, body)).status, 401)
    const large = await ask(
      session,
      { ...post, origin: server.publicUrl },
      JSON.stringify({ email: 'x'.repeat(70_000) }),
    )
    assert.equal(large.status, 413)
    session.close()
  })

  test('many streams at once on one connection are all answered', async () => {
    const session = open()
    const all = await Promise.all(Array.from({ length: 80 }, () => ask(session, { ':path': '/livez' })))
    assert.ok(all.every(({ status }) => status === 200))
    session.close()
  })

  test('an application gets HTTP/1.1 with one reading: no pseudo-headers, cookies in one line', async () => {
    const session = open('app.localhost')
    seen.length = 0
    const { status, headers, text } = await ask(
      session,
      {
        ':method': 'POST',
        ':path': '/x?y=1',
        cookie: ['c=1', 'd=2'] as unknown as string,
        'x-forwarded-for': '6.6.6.6',
      },
      'hello',
    )
    assert.deepEqual([status, text], [200, 'you said 5'])
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
    assert.equal(headers['x-powered-by'], undefined)
    const [one] = seen
    assert.deepEqual([one?.url, one?.body, one?.httpVersion], ['/x?y=1', 'hello', '1.1'])
    assert.equal(one?.headers.cookie, 'c=1; d=2')
    assert.equal(one?.headers.host, `app.localhost:${server.port}`)
    assert.equal(one?.headers['x-forwarded-for'], '127.0.0.1')
    assert.ok(Object.keys(one?.headers ?? {}).every((name) => !name.startsWith(':')))
    session.close()
  })

  test('a head with two readings is refused', async () => {
    const session = open()
    for (const headers of [
      { ':path': '/livez', ':authority': `custodia.localhost:${server.port}`, host: 'app.localhost' },
      { ':path': '/livez', ':scheme': 'http' },
      { ':path': '/livez', ':scheme': 'ftp' },
      { ':path': '/livez', ':authority': 'a@custodia.localhost' },
      { ':path': '/livez', ':authority': 'custodia.localhost, app.localhost' },
    ])
      assert.match(await answered(session, headers), /^400$|PROTOCOL_ERROR/, JSON.stringify(headers))
    assert.equal((await ask(session, { ':path': '/livez', ':authority': 'evil.example' })).status, 421)
    const many = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`x-${i}`, 'y']))
    assert.match(await answered(session, { ':path': '/livez', ...many }), /^431$|ENHANCE_YOUR_CALM|REFUSED_STREAM/)
    session.close()
  })

  test('HTTP/1.1 is spoken with others, WebSocket upgrades included, and too many header lines are refused', async () => {
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connectTls({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca: authority })
        let received = ''
        socket.on('data', (chunk) => (received += chunk))
        socket.on('error', () => {})
        socket.on('close', () => resolve(received))
        socket.write(text)
      })
    const head = (...lines: string[]) => `${['GET /livez HTTP/1.1', 'Host: localhost', ...lines].join('\r\n')}\r\n\r\n`
    assert.match(await say(head('Connection: close')), /^HTTP\/1\.1 200 /)
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']
    assert.match(await say(head(...upgrade)), /^HTTP\/1\.1 404 /)
    const many = Array.from({ length: 140 }, (_, i) => `X-${i}: y`)
    assert.match(await say(head(...many, 'Connection: close')), /^HTTP\/1\.1 431 /)
  })

  test('openssl agrees on TLS 1.3 and, where it can, on the hybrid group', () => {
    const { stdout, stderr } = spawnSync(
      'openssl',
      ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost', '-alpn', 'h2', '-brief'],
      { input: '', encoding: 'utf8', timeout: 10_000 },
    )
    const said = stdout + stderr
    assert.match(said, /Protocol version: TLSv1\.3/)
    assert.match(said, /(?:Negotiated TLS1\.3 group: X25519MLKEM768|Server Temp Key: X25519)/)
    for (const old of ['-tls1_2', '-tls1_1', '-tls1'])
      assert.notEqual(
        spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, old], { input: '', timeout: 10_000 })
          .status,
        0,
        old,
      )
  })

  test('plain HTTP leads to https', async () => {
    const { status, headers } = await rawExchange(redirectPort, 'GET /a?b HTTP/1.1\r\nHost: app.localhost\r\n\r\n')
      .answer
    assert.equal(status, 308)
    assert.equal(headers.location, `https://app.localhost:${server.port}/a?b`)
  })

  test('another certificate is taken without a restart; half of one is not; connections that stand go on', async () => {
    const presented = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls(
          { host: '127.0.0.1', port: server.port, servername: 'localhost', rejectUnauthorized: false },
          () => {
            resolve(socket.getPeerCertificate().fingerprint256)
            socket.destroy()
          },
        )
        socket.once('error', reject)
      })
    const logged = async (text: string) => {
      for (const until = Date.now() + 15_000; !log.includes(text); await new Promise((r) => setTimeout(r, 20)))
        assert.ok(Date.now() < until, `the log does not say: ${text}`)
    }
    const standing = open()
    await ask(standing, { ':path': '/livez' })
    const first = await presented()

    const next = await newCertificate(hosts, systemClock)
    writeFileSync(files.certificate, next.certificate)
    server.child.kill('SIGHUP')
    await logged('can not be used')
    assert.equal(await presented(), first)

    install(next)
    authority = next.authority
    server.child.kill('SIGHUP')
    await logged('another certificate is in use')
    assert.notEqual(await presented(), first)
    assert.equal((await ask(standing, { ':path': '/livez' })).status, 200)
    standing.close()
    assert.doesNotMatch(log, /PRIVATE KEY/)
  })

  // Last: it ends the server.
  test('open connections of HTTP/2 do not keep the server from stopping', async () => {
    const session = open()
    session.on('error', () => {})
    await ask(session, { ':path': '/livez' })
    await server.stop()
    assert.equal(server.child.exitCode, 0, 'it had to be killed')
    assert.doesNotMatch(log, /"level":"?error|Warning/)
  })
})
