import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { flags, frame, frames, rawHttp2 } from '../../server/platform/http/transport/frames-testing.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'
import { unlimited } from './target.ts'

type Line = readonly [string, string]
type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  body: string
  whole: boolean
}

/** What applications get is HTTP/1.1: whatever means more there than it did in HTTP/2 would be another request. */
describe('requests over HTTP/2 that mean another one, or two, in HTTP/1.1', { timeout: 180_000 }, () => {
  const seen: Seen[] = []
  let upstream: Server
  let server: TestServer
  let host: string
  before(async () => {
    upstream = createServer((request, response) => {
      const one: Seen = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: '',
        whole: false,
      }
      seen.push(one)
      request.on('error', () => {})
      request.on('end', () => {
        one.whole = true
        response.end('hello')
      })
      request.on('data', (chunk) => (one.body += chunk))
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    server = await startTestServer({
      environment: { ...unlimited, CUSTODIA_TLS: 'development' },
      configuration: `gateway:
  applications:
    app:
      host: app.localhost
      upstream: http://127.0.0.1:${(upstream.address() as AddressInfo).port}
      rules: [{ path: "/public/**", public: true }]
`,
    })
    host = `app.localhost:${server.port}`
  })
  after(async () => {
    await server?.remove()
    upstream?.closeAllConnections()
    upstream?.close()
  })
  beforeEach(() => {
    seen.length = 0
  })

  const get = (...more: readonly Line[]): Line[] => [
    ...pseudo('GET', '/public/x'),
    ['sec-fetch-site', 'same-origin'],
    ...more,
  ]
  const post = (...more: readonly Line[]): Line[] => [
    ...pseudo('POST', '/public/x'),
    ['origin', `https://${host}`],
    ['content-type', 'text/plain'],
    ...more,
  ]
  const pseudo = (method: string, path: string): Line[] => [
    [':method', method],
    [':scheme', 'https'],
    [':authority', host],
    [':path', path],
  ]
  const instead = (name: string, value: string): Line[] =>
    get().map(([one, other]) => [one, one === name ? value : other] as const)

  /** Sends one request on a connection of its own, and waits until it is refused or answered, and then a sound one after it. */
  async function ask(lines: readonly Line[], body?: string, trailers?: readonly Line[]): Promise<number[]> {
    const connection = await rawHttp2(server.port, undefined, 'app.localhost')
    const ends = body === undefined ? flags.endStream : 0
    await connection.send(frame(frames.headers, flags.endHeaders | ends, 1, block(lines)))
    if (body !== undefined)
      await connection.send(frame(frames.data, trailers === undefined ? flags.endStream : 0, 1, Buffer.from(body)))
    if (trailers !== undefined)
      await connection.send(frame(frames.headers, flags.endHeaders | flags.endStream, 1, block(trailers)))
    const settled = () =>
      connection.over() ||
      connection.received().some((type) => [frames.headers, frames.reset, frames.goAway].includes(type as 1))
    for (const until = Date.now() + 10_000; !settled(); await pause(10)) assert.ok(Date.now() < until, 'no answer')
    connection.socket.destroy()
    return connection.received()
  }

  test('a request that means one thing is passed on', async () => {
    assert.ok((await ask(get(['x-a', '1'], ['te', 'trailers']))).includes(frames.headers))
    assert.ok((await ask(post(['content-length', '5']), 'hello')).includes(frames.headers))
    assert.ok((await ask(post(), 'hello')).includes(frames.headers))
    assert.deepEqual(
      seen.map(({ method, url, whole }) => `${method} ${url} ${whole}`),
      ['GET /public/x true', 'POST /public/x true', 'POST /public/x true'],
    )
    assert.equal(seen[0]?.headers['x-a'], '1')
    assert.equal(seen[0]?.headers.te, undefined)
  })

  const second = 'GET /public/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  type Case = readonly [string, () => readonly Line[], string?]
  const ends = ['\r\n', '\n', '\r', '\0', '\r\n\r\n'] as const
  /** What can be no header: the library drops it, so that what is passed on is as if it had never been there. */
  const dropped: readonly Case[] = [
    ...ends.flatMap((end): Case[] => {
      const name = JSON.stringify(end)
      return [
        [`${name} in a value`, () => get(['x-a', `1${end}x-b: 2`])],
        [`${name} and a request in a value`, () => get(['x-a', `1${end}${second}`])],
        [`${name} and a coding in a value`, () => post(['x-a', `1${end}transfer-encoding: chunked`]), 'hello'],
        [`${name} in a name`, () => get([`x-a: 1${end}x-b`, '2'])],
        [`${name} in a cookie`, () => get(['cookie', `a=1${end}x-b: 2`])],
      ]
    }),
    ['a name with a space', () => post(['transfer-encoding ', 'chunked']), 'hello'],
    ['a name with a colon', () => get(['x-a: 1', '2'])],
    ['an empty name', () => get(['', 'x'])],
    ['a name that is no token', () => get(['x-a(', 'x'])],
  ]
  for (const [what, lines, body] of dropped)
    test(`${what}: it is not there, and nothing else is another`, async () => {
      await ask(lines(), body)
      assert.ok(seen.length <= 1)
      for (const { method, url, headers, body: arrived } of seen) {
        assert.deepEqual([url, arrived], ['/public/x', body ?? ''])
        assert.equal(method, body === undefined ? 'GET' : 'POST')
        assert.doesNotMatch(Object.keys(headers).join(), /x-a|x-b|cookie/)
        assert.ok(!JSON.stringify(headers).includes('smuggled'))
      }
    })

  const refused: readonly Case[] = [
    ...ends.flatMap((end): Case[] => {
      const name = JSON.stringify(end)
      return [
        [`${name} in the path`, () => instead(':path', `/public/x HTTP/1.1${end}x-b: 2${end}${second}`)],
        [`${name} in the method`, () => instead(':method', `GET /public/smuggled HTTP/1.1${end}x-a:`)],
        [`${name} in the authority`, () => instead(':authority', `${host}${end}x-b: 2`)],
        [`${name} in the scheme`, () => instead(':scheme', `https://x/${end}x-b: 2`)],
      ]
    }),
    ['a coding', () => post(['transfer-encoding', 'chunked']), `0\r\n\r\n${second}`],
    ['a coding that is none', () => post(['transfer-encoding', 'identity']), second],
    ['a coding beside a length', () => post(['transfer-encoding', 'chunked'], ['content-length', '5']), 'hello'],
    ['connection', () => get(['connection', 'close'])],
    ['connection that names another header', () => get(['connection', 'x-a'], ['x-a', '1'])],
    ['proxy-connection', () => get(['proxy-connection', 'keep-alive'])],
    ['keep-alive', () => get(['keep-alive', 'timeout=5'])],
    ['upgrade', () => get(['upgrade', 'h2c'])],
    ['an upgrade to a WebSocket', () => get(['connection', 'upgrade'], ['upgrade', 'websocket'])],
    ['te for more than trailers', () => get(['te', 'gzip'])],
    ['a space in the path', () => instead(':path', '/public/x HTTP/1.1')],
    ['a space and another path', () => instead(':path', '/public/x /public/smuggled')],
    ['a tab in the path', () => instead(':path', '/public/x\tHTTP/1.1')],
    ['a fragment in the path', () => instead(':path', '/public/x#/smuggled')],
    ['a path that is none', () => instead(':path', 'public/x')],
    ['no path', () => instead(':path', '')],
    ['another address as path', () => instead(':path', 'http://evil.example/public/x')],
    ['an authority as path', () => instead(':path', '//evil.example/public/x')],
    ['* as path', () => instead(':path', '*')],
    ['dots in the path', () => instead(':path', '/public/../smuggled')],
    ['a space in the method', () => instead(':method', 'GET /public/smuggled')],
    ['a method that is empty', () => instead(':method', '')],
    ['CONNECT', () => instead(':method', 'CONNECT')],
    ['an authority with somebody in it', () => instead(':authority', `x@${host}`)],
    ['an authority with a path', () => instead(':authority', `${host}/public/x`)],
    ['another authority', () => instead(':authority', 'evil.example')],
    ['no authority', () => get().filter(([name]) => name !== ':authority')],
    ['another host', () => get(['host', 'evil.example'])],
    ['two hosts', () => get(['host', host], ['host', 'evil.example'])],
    ['plain http', () => instead(':scheme', 'http')],
    ['another scheme', () => instead(':scheme', 'file')],
    ['two paths', () => [[':path', '/public/smuggled'], ...get()]],
    ['two methods', () => [[':method', 'POST'], ...get()]],
    ['two authorities', () => [[':authority', 'evil.example'], ...get()]],
    ['a pseudo-header after others', () => get([':path', '/public/smuggled'])],
    ['a pseudo-header that is none', () => [[':smuggled', '1'], ...get()]],
    ['a pseudo-header of replies', () => [[':status', '200'], ...get()]],
    ['another protocol', () => [[':protocol', 'websocket'], ...get()]],
    ['a name in upper case', () => get(['Transfer-Encoding', 'chunked'])],
    ['a length below the body', () => post(['content-length', '1']), second],
    ['a length of nothing, and a body', () => post(['content-length', '0']), second],
    ['two lengths', () => post(['content-length', '5'], ['content-length', '0']), 'hello'],
    ['a length with a sign', () => post(['content-length', '+5']), 'hello'],
    ['a length in hexadecimal', () => post(['content-length', '0x5']), 'hello'],
    ['a list of lengths', () => post(['content-length', '5, 5']), 'hello'],
    ['an empty length', () => post(['content-length', '']), 'hello'],
    ['a length without a body', () => post(['content-length', '5'])],
  ]
  for (const [what, lines, body] of refused)
    test(`${what}: nothing of it reaches the application`, async () => {
      const types = await ask(lines(), body)
      assert.ok(types.length > 0, 'it was answered')
      // One that is too short or too long is told only by its end: then what was begun is broken off, and nothing follows it.
      assert.deepEqual(
        seen.filter(({ whole, url }) => whole || url !== '/public/x'),
        [],
      )
    })

  test('a length above the body never ends as a request, and is not filled by the next one', async () => {
    await ask(post(['content-length', '100']), 'hello')
    await ask(get(['x-next', '1']))
    assert.deepEqual(
      seen.filter(({ whole }) => whole).map(({ method, url, headers }) => [method, url, headers['x-next']]),
      [['GET', '/public/x', '1']],
    )
  })

  test('a body that is broken off is no whole body behind the gateway, with or without a length', async () => {
    // A large one has reached the application when it breaks off; of a small one it never hears.
    for (const [length, reaches] of [
      [null, false],
      ['100', false],
      ['100000', true],
    ] as const) {
      const more = length === null ? [] : [['content-length', length] as const]
      const connection = await rawHttp2(server.port, undefined, 'app.localhost')
      await connection.send(frame(frames.headers, flags.endHeaders, 1, block(post(...more))))
      await connection.send(frame(frames.data, 0, 1, Buffer.from('half of it')))
      const come = async (count: number) => {
        for (const until = Date.now() + 5_000; seen.length < count; await pause(10)) assert.ok(Date.now() < until)
      }
      await (reaches ? come(1) : pause(100))
      await connection.send(frame(frames.reset, 0, 1, Buffer.of(0, 0, 0, 8)))
      // What comes after it is answered after it.
      await connection.send(frame(frames.headers, flags.endHeaders | flags.endStream, 3, block(get(['x-next', '1']))))
      await come(reaches ? 2 : 1)
      await pause(100)
      connection.socket.destroy()
      assert.deepEqual(
        seen.map(({ method, whole }) => `${method} ${whole}`),
        [...(reaches ? ['POST false'] : []), 'GET true'],
      )
      seen.length = 0
    }
  })

  test('trailers say nothing of the request: neither who asks nor where it ends', async () => {
    for (const trailer of [
      ['custodia-assertion', 'forged'],
      ['x-forwarded-for', '10.9.9.9'],
      ['transfer-encoding', 'chunked'],
      ['content-length', '0'],
      [':path', '/public/smuggled'],
      ['x-a', `1\r\n\r\n${second}`],
    ] as const)
      await ask(post(), 'hello', [trailer])
    for (const { url, headers } of seen) {
      assert.equal(url, '/public/x')
      assert.doesNotMatch(JSON.stringify(headers), /forged|10\.9\.9\.9/)
    }
  })

  test('a forged assertion is not passed on, and the address is the one of the connection', async () => {
    await ask(get(['custodia-assertion', 'forged'], ['x-forwarded-for', '10.9.9.9'], ['forwarded', 'for=10.9.9.9']))
    assert.equal(seen.length, 1)
    assert.doesNotMatch(JSON.stringify(seen), /forged|10\.9\.9\.9/)
  })

  test('the same on Custodia’s own host is refused, and the server stands', async () => {
    const own = new URL(server.publicUrl).host
    for (const [, lines, body] of [...dropped, ...refused])
      await ask(
        lines().map(([name, value]) => [name, value.replaceAll(host, own)] as const),
        body,
      )
    assert.deepEqual(seen, [])
    assert.equal(server.child.exitCode, null)
    assert.ok((await ask(get())).includes(frames.headers))
    assert.equal(seen.length, 1)
  })
})

/** Lines of a head as literals without compression (RFC 7541 §6.2.2), whatever they hold. */
const block = (lines: readonly Line[]): Buffer =>
  Buffer.concat(lines.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]))

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  // Integers of seven bits in front (RFC 7541 §5.1); none here takes a third byte.
  const length = bytes.length < 127 ? [bytes.length] : [127, bytes.length - 127]
  return Buffer.concat([Buffer.from(length), bytes])
}
