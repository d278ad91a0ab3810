import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { connect as connectBare } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ConnectionOptions, EphemeralKeyInfo, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'

const configuration = `gateway:
  applications:
    inbox: { host: inbox.localhost, upstream: "http://127.0.0.1:9", rules: [{ path: "/**", public: true }] }
    notes: { host: notes.example.org, upstream: "http://127.0.0.1:9", rules: [{ path: "/**", public: true }] }
`

describe('TLS of a real process', () => {
  let server: TestServer
  let authority: string
  before(async () => {
    server = await startTestServer({ configuration, environment: { CUSTODIA_TLS: 'development' } })
    authority = readFileSync(join(server.folder, 'tls/authority.pem'), 'utf8')
  })
  after(() => server?.remove())

  /** One handshake. @returns what was agreed on; rejects with the error's code where it failed. */
  const shake = (options: ConnectionOptions = {}) =>
    new Promise<{ protocol: string | null; group: string; certificate: X509Certificate }>((resolve, reject) => {
      const socket: TLSSocket = connect(
        { host: '127.0.0.1', port: server.port, servername: 'custodia.localhost', ca: authority, ...options },
        () => {
          const { name = '' } = socket.getEphemeralKeyInfo() as EphemeralKeyInfo
          const certificate = socket.getPeerX509Certificate() as X509Certificate
          resolve({ protocol: socket.getProtocol(), group: name, certificate })
          socket.destroy()
        },
      )
      socket.once('error', reject)
    })

  test('TLS 1.3 is what a client gets, and the key agreement resists a quantum computer without being asked', async () => {
    const { protocol, group } = await shake()
    assert.deepEqual([protocol, group], ['TLSv1.3', 'X25519MLKEM768'])
  })

  test('a client that knows the hybrid key agreement alone gets it', async () => {
    assert.equal((await shake({ ecdhCurve: 'X25519MLKEM768' })).group, 'X25519MLKEM768')
  })

  test('an older client falls back to X25519', async () => {
    assert.equal((await shake({ ecdhCurve: 'X25519' })).group, 'X25519')
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.1'] as const)
    test(`${maxVersion} is refused`, async () => {
      const minVersion = maxVersion
      await assert.rejects(shake({ minVersion, maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' }), {
        code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      })
    })

  test('a group that is not on the list is refused', async () => {
    await assert.rejects(shake({ ecdhCurve: 'P-521' }), /handshake failure/)
  })

  test('plain HTTP on the same port gets no page', async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connectBare(server.port, '127.0.0.1', () => socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    assert.doesNotMatch(said, / 200 /)
  })

  test('the certificate chains to the authority in the data folder, and to no other', async () => {
    const { certificate } = await shake()
    assert.equal(certificate.verify(new X509Certificate(authority).publicKey), true)
    assert.equal(certificate.ca, false)
    await assert.rejects(shake({ ca: [] }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  })

  test('it holds for Custodia’s own name, for loopback and for every application', async () => {
    for (const servername of ['custodia.localhost', 'inbox.localhost', 'notes.example.org', 'localhost'])
      assert.equal((await shake({ servername })).protocol, 'TLSv1.3', servername)
    const { certificate } = await shake()
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1')
    assert.notEqual(certificate.checkIP('::1'), undefined)
  })

  test('it holds for nobody else', async () => {
    for (const servername of ['example.org', 'other.localhost', 'a.inbox.localhost', 'notes.example.com'])
      await assert.rejects(shake({ servername }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, servername)
  })

  test('the keys in the data folder are readable by their owner only', () => {
    for (const file of ['authority.key', 'server.key'])
      assert.equal(statSync(join(server.folder, 'tls', file)).mode & 0o077, 0, file)
  })

  test('replies tell browsers to stay with https, and cookies and links are https', async () => {
    assert.match(server.publicUrl, /^https:/)
    const headersAt = (path: string) =>
      new Promise<NodeJS.Dict<string | string[]>>((resolve, reject) => {
        const host = `custodia.localhost:${server.port}`
        const options = { host: '127.0.0.1', port: server.port, path, servername: 'custodia.localhost' }
        request({ ...options, ca: authority, headers: { host }, agent: false }, (response) => {
          response.resume()
          resolve(response.headers)
        })
          .once('error', reject)
          .end()
      })
    for (const path of ['/livez', '/', '/v1/me', '/nowhere'])
      assert.match(String((await headersAt(path))['strict-transport-security']), /^max-age=\d{8}/, path)
    assert.match(String(server.command('setup-link').link), /^https:\/\/custodia\.localhost:/)
  })

  test('a restart presents the same certificate: nobody has to trust it anew', async () => {
    const before = (await shake()).certificate.fingerprint256
    await server.stop()
    const { folder, port } = server
    server = await startTestServer({ folder, port, configuration, environment: { CUSTODIA_TLS: 'development' } })
    assert.equal((await shake()).certificate.fingerprint256, before)
  })
})
