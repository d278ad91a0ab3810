import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { rawExchange } from '../../../../tests/raw-exchange.ts'
import { createRedirect } from './redirect.ts'

let server: Server
let port: number
before(async () => {
  server = createRedirect({
    maxConnections: 50,
    originFor: (host) => (host === 'id.example.org' ? 'https://id.example.org:8443' : null),
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})
const say = (first: string, ...lines: string[]) => rawExchange(port, `${[first, ...lines].join('\r\n')}\r\n\r\n`).answer

test('GET and HEAD are sent to the same address over https, for good', async () => {
  for (const method of ['GET', 'HEAD']) {
    const { status, headers } = await say(`${method} /sign-in?a=b%20c HTTP/1.1`, 'Host: ID.example.org:80')
    assert.equal(status, 308)
    assert.equal(headers.location, 'https://id.example.org:8443/sign-in?a=b%20c')
    assert.equal(headers.connection, 'close')
  }
})

test('whatever could carry something is refused before its body is sent', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
    const { status, body, headers } = await say(
      `${method} /v1/sign-in HTTP/1.1`,
      'Host: id.example.org',
      'Content-Length: 1000000',
    )
    assert.deepEqual([status, body.code], [426, 'TLS_REQUIRED'], method)
    assert.equal(headers.location, undefined)
    assert.match(String(headers.connection), /close/)
  }
})

test('it leads to no host that is not ours', async () => {
  for (const host of ['evil.example', 'id.example.org.evil.example', '', 'id.example.org@evil.example', 'a b']) {
    const { status, headers } = await say('GET / HTTP/1.1', `Host: ${host}`)
    assert.equal(status, 421, host)
    assert.equal(headers.location, undefined, host)
  }
  assert.equal((await say('GET / HTTP/1.1')).status, 421)
})

test('a path that would lead elsewhere is not one', async () => {
  for (const path of ['//evil.example/', 'http://evil.example/', '/\\evil.example', '*', 'evil.example:443']) {
    const { status, headers } = await say(`GET ${path} HTTP/1.1`, 'Host: id.example.org')
    assert.equal(status, 400, path)
    assert.equal(headers.location, undefined, path)
  }
})

test('upgrades, tunnels and nonsense end the connection', async () => {
  const upgrade = ['Host: id.example.org', 'Connection: Upgrade', 'Upgrade: websocket']
  assert.equal((await say('GET / HTTP/1.1', ...upgrade)).status, 403)
  assert.equal((await say('CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example')).status, 403)
  assert.equal((await rawExchange(port, '\x16\x03\x01\x02\x00\x01\r\n\r\n').answer).status, 400)
  assert.equal((await say('GET / HTTP/1.1', `X: ${'x'.repeat(9_000)}`)).status, 400)
})
