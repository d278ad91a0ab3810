import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { outboundGet } from '@custodia/edge/outbound/get.ts'
import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { secureServer } from './testing.ts'

const seen: string[] = []
let answer: RequestListener = (_request, response) => void response.end('hello')
let server: Awaited<ReturnType<typeof secureServer>>
before(async () => {
  server = await secureServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['accept-encoding']}`)
    answer(request, response)
  })
})
after(() => server.close())

// Long enough for a resolver that has to ask twice.
const options = { timeoutMs: 30_000, maxBytes: 1_000, allowPrivate: true }
const url = (path = '/', host = 'localhost') => new URL(`https://${host}:${server.port}${path}`)
const fails = (asked: Promise<unknown>, reason: OutboundError['reason']) =>
  assert.rejects(asked, (error) => {
    assert.ok(error instanceof OutboundError)
    assert.equal(error.reason, reason)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })

test('what is asked of a server that may be asked is answered', async () => {
  const reply = await outboundGet(url('/a/secret'), { ...options, headers: { 'x-one': '1' } })
  assert.deepEqual([reply.status, reply.body.toString()], [200, 'hello'])
  assert.equal(seen.at(-1), `GET /a/secret localhost:${server.port} identity`)
})

test('nobody on this machine or a private network is asked, by name or address, before any connection', async () => {
  const asked = seen.length
  for (const host of [
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '10.0.0.1',
    '0.0.0.0',
  ])
    await fails(outboundGet(url('/secret', host), { ...options, allowPrivate: false }), 'address')
  assert.equal(seen.length, asked)
})

test('only https is spoken, and no address carries a password', async () => {
  for (const text of [
    `http://localhost:${server.port}/`,
    'file:///etc/passwd',
    `https://a:secret@localhost:${server.port}/`,
  ])
    await fails(outboundGet(new URL(text), options), 'address')
})

test('a redirect is a reply, and is not followed', async () => {
  answer = (_request, response) => void response.writeHead(302, { location: url('/elsewhere').href }).end()
  const asked = seen.length
  assert.equal((await outboundGet(url(), options)).status, 302)
  assert.equal(seen.length, asked + 1)
})

test('a reply that is too long, compressed or cut off is refused', async () => {
  answer = (_request, response) => void response.end('x'.repeat(1_001))
  await fails(outboundGet(url('/secret'), options), 'too-large')
  answer = (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')
  await fails(outboundGet(url('/secret'), options), 'reply')
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    response.socket?.end()
  }
  await fails(outboundGet(url('/secret'), options), 'unreachable')
  answer = (_request, response) => void response.end('x'.repeat(1_000))
  assert.equal((await outboundGet(url(), options)).body.length, 1_000)
})

test('a server that is silent, or sends a byte now and then, is given up in time', async () => {
  for (const one of [() => {}, (_: unknown, response: { write(text: string): unknown }) => void response.write('x')]) {
    answer = one as RequestListener
    await fails(outboundGet(url('/secret'), { ...options, timeoutMs: 200 }), 'timeout')
  }
})

test('who is not there, not known or not whom the certificate names can not be reached', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => free.once('listening', resolve))
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  await fails(outboundGet(new URL(`https://localhost:${port}/secret`), options), 'unreachable')
  await fails(outboundGet(new URL('https://nobody.invalid/secret'), options), 'unreachable')
  await fails(outboundGet(url('/secret', '127.0.0.2'), options), 'unreachable')
})
