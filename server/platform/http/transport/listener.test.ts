import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { connect } from 'node:tls'
import { openHttpServer } from '../testing.ts'
import type { Issued } from './authority-testing.ts'
import { newAuthority } from './authority-testing.ts'
import { answerIn, handler, hosts } from './doors-testing.ts'

test('connections on which nobody waits do not keep the server from stopping', { timeout: 30_000 }, async () => {
  const [authority, names] = [await newAuthority(), await newAuthority()]
  const served = await openHttpServer({
    tls: await names.issue({ names: hosts, usage: 'server' }),
    hostHandlers: [handler],
    demands: [{ host: 'must.test', certificates: { authorities: authority.pem, revoked: null, required: true } }],
  })
  const { certificate, key } = await authority.issue()
  const shake = (ALPNProtocols: string[]) =>
    connect({
      ...({ cert: certificate, key, host: '127.0.0.1', port: served.port } as ConnectionOptions),
      servername: 'must.test',
      rejectUnauthorized: false,
      ALPNProtocols,
    }).on('error', () => {})
  const idle = shake(['http/1.1'])
  idle.write('GET / HTTP/1.1\r\nHost: must.test\r\n\r\n')
  await once(idle, 'data')
  const session = connectHttp2('https://must.test', { createConnection: () => shake(['h2']) })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/' })
  await once(stream, 'response')
  stream.resume()
  await once(stream, 'close')
  const startedMs = performance.now()
  await served.server.drain(20)
  assert.ok(performance.now() - startedMs < 10_000)
})

test('all that come to a listener may have to prove themselves, and what one host says of its own stands', {
  timeout: 60_000,
}, async () => {
  const [everybody, some, names] = [await newAuthority(), await newAuthority(), await newAuthority()]
  const served = await openHttpServer({
    tls: await names.issue({ names: hosts, usage: 'server' }),
    hostHandlers: [handler],
    demands: [
      { host: null, certificates: { authorities: everybody.pem, revoked: null, required: true } },
      { host: 'must.test', certificates: { authorities: some.pem, revoked: null, required: true } },
    ],
  })
  const status = async (
    servername: string,
    { certificate, key }: Issued | { certificate?: string; key?: string },
    host = servername,
  ) => {
    const socket = connect({
      host: '127.0.0.1',
      port: served.port,
      servername,
      rejectUnauthorized: false,
      ...({ cert: certificate, key } as ConnectionOptions),
    })
    let text = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => (text += chunk))
    socket.write(`GET /small HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    await new Promise((resolve) => socket.once('close', resolve))
    return answerIn(text).status
  }
  const [one, other] = [await everybody.issue(), await some.issue()]
  try {
    assert.equal(await status('localhost', one), 200)
    assert.equal(await status('open.test', one), 200)
    assert.equal(await status('', one, 'localhost'), 200)
    assert.equal(await status('must.test', other), 200)
    assert.equal(await status('localhost', {}), 0)
    assert.equal(await status('open.test', {}), 0)
    assert.equal(await status('', {}, 'localhost'), 0)
    assert.equal(await status('open.test', other), 0)
    assert.equal(await status('must.test', one), 0)
    assert.equal(await status('open.test', one, 'localhost'), 421)
    assert.equal(await status('open.test', one, 'must.test'), 421)
  } finally {
    await served.server.drain(0)
  }
})

test('an answer says that its client is gone, in both versions of HTTP', { timeout: 30_000 }, async () => {
  const names = await newAuthority()
  let came: (response: ServerResponse) => void
  const served = await openHttpServer({
    tls: await names.issue({ names: hosts, usage: 'server' }),
    hostHandlers: [{ ...handler, handle: (_request, response) => came(response) }],
  })
  for (const version of ['http/1.1', 'h2']) {
    const arriving = new Promise<ServerResponse>((resolve) => (came = resolve))
    const options = { host: '127.0.0.1', port: served.port, servername: 'open.test', rejectUnauthorized: false }
    const socket = connect({ ...options, ALPNProtocols: [version] }).on('error', () => {})
    if (version === 'h2') {
      const session = connectHttp2('https://open.test', { createConnection: () => socket }).on('error', () => {})
      session.request({ ':path': '/' }).on('error', () => {})
    } else socket.write('GET / HTTP/1.1\r\nHost: open.test\r\n\r\n')
    const response = await arriving
    assert.equal(response.destroyed, false, version)
    socket.destroy()
    await once(response, 'close')
    assert.equal(response.destroyed, true, version)
  }
  await served.server.drain(0)
})
