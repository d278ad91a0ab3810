import 'reflect-metadata' // @peculiar/x509 asks for it.
import assert from 'node:assert/strict'
import { KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { after, describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { createFetch, readBody } from './fetch.ts'

let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end()
const server = createServer((request, response) => answer(request, response))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
after(() => {
  server.close()
  server.closeAllConnections()
})
const fetch = createFetch()
const base = `http://custodia.localhost:${port}`
const text = async (response: Response) => (await readBody(response, 1_000)).toString('utf8')

describe('the client of the Node side', () => {
  it('reaches names under localhost that the system can not resolve, and says the name in Host', async () => {
    answer = (request, response) => void response.end(request.headers.host)
    assert.equal(await text(await fetch(`${base}/x`)), `custodia.localhost:${port}`)
    assert.equal(await text(await fetch(`http://127.0.0.1:${port}/x`)), `127.0.0.1:${port}`)
  })

  it('connects where it is told to, and still says the name in Host', async () => {
    answer = (request, response) => void response.end(request.headers.host)
    const elsewhere = createFetch({ connect: { host: '127.0.0.1', port } })
    assert.equal(await text(await elsewhere('http://custodia.example.org/x')), 'custodia.example.org')
  })

  it('lets nobody choose Host by a header', async () => {
    answer = (request, response) => void response.end(request.headers.host)
    assert.equal(await text(await fetch(base, { headers: { host: 'evil.example' } })), `custodia.localhost:${port}`)
  })

  it('sends method, path, query, headers and body as they are', async () => {
    answer = async (request, response) => {
      const body = []
      for await (const part of request) body.push(part)
      const { method, url, headers } = request
      response.end(JSON.stringify([method, url, headers['x-a'], headers['content-length'], `${Buffer.concat(body)}`]))
    }
    const init = { method: 'POST', headers: { 'x-a': '1' }, body: 'grün' }
    assert.deepEqual(JSON.parse(await text(await fetch(`${base}/a?b=c`, init))), ['POST', '/a?b=c', '1', '5', 'grün'])
  })

  it('follows no redirect', async () => {
    answer = (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end()
    const response = await fetch(base)
    assert.deepEqual([response.status, response.headers.get('location')], [302, '/elsewhere'])
  })

  it('knows replies without a body', async () => {
    answer = (_, response) => void response.writeHead(204).end()
    assert.deepEqual([(await fetch(base)).status, (await fetch(base)).body], [204, null])
  })

  it('fails with the reason of the connection or of the signal', async () => {
    await assert.rejects(fetch('http://custodia.localhost:9/'), { code: 'ECONNREFUSED' })
    const reason = new Error('enough')
    await assert.rejects(fetch(base, { signal: AbortSignal.abort(reason) }), reason)
    answer = () => {}
    const ending = new AbortController()
    const waiting = fetch(base, { signal: ending.signal })
    ending.abort(reason)
    await assert.rejects(waiting, reason)
  })

  it('speaks nothing but http and https, and sends no broken header', async () => {
    for (const address of ['file:///etc/passwd', 'ftp://custodia.localhost/', 'nonsense']) {
      await assert.rejects(fetch(address), TypeError)
    }
    await assert.rejects(fetch(base, { headers: { 'x-a': 'b\r\nx-c: d' } }), TypeError)
  })

  it('takes nothing for a reply that is not one', async () => {
    const odd = createTcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n'))
    })
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve))
    await assert.rejects(fetch(`http://127.0.0.1:${(odd.address() as AddressInfo).port}/`), TypeError)
    odd.close()
  })
})

describe('over TLS, the client', async () => {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    extensions: [
      new BasicConstraintsExtension(true),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'custodia.localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const cert = certificate.toString('pem')
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })
  let named: unknown
  const secure = createSecureServer({ key, cert }, (request, response) => {
    named = (request.socket as TLSSocket).servername
    response.end('private')
  })
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
  const { port: securePort } = secure.address() as AddressInfo
  const usual = getCACertificates()
  after(() => {
    setDefaultCACertificates(usual)
    secure.close()
    secure.closeAllConnections()
  })

  it('refuses a certificate that nobody vouches for', async () => {
    await assert.rejects(createFetch()(`https://custodia.localhost:${securePort}`), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  it('asks for the name of the URL wherever it connects, and refuses a certificate for another', async () => {
    setDefaultCACertificates([cert])
    assert.equal(await text(await createFetch()(`https://custodia.localhost:${securePort}`)), 'private')
    assert.equal(named, 'custodia.localhost')
    const elsewhere = createFetch({ connect: { host: '127.0.0.1', port: securePort } })
    assert.equal(await text(await elsewhere('https://custodia.localhost')), 'private')
    await assert.rejects(elsewhere('https://other.localhost'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    assert.equal(await text(await createFetch()(`https://127.0.0.1:${securePort}`)), 'private')
  })
})

describe('a body', () => {
  it('is read to its bound and not one byte further', async () => {
    answer = (_, response) => void response.end(Buffer.alloc(100))
    assert.equal((await readBody(await fetch(base), 100)).length, 100)
    await assert.rejects(readBody(await fetch(base), 99), RangeError)
  })

  it('without an end is given up at its bound', async () => {
    let closed = () => {}
    const end = new Promise<void>((resolve) => {
      closed = resolve
    })
    answer = (_, response) => {
      response.on('close', closed)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
      }
      response.on('drain', more)
      more()
    }
    await assert.rejects(readBody(await fetch(base), 100_000), RangeError)
    await end
  })

  it('that breaks off is an error, not a short body', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('12345', () => response.destroy())
    }
    const response = await fetch(base)
    await assert.rejects(readBody(response, 100))
  })
})
