import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import type { RawAnswer } from '../raw-exchange.ts'
import { rawExchange } from '../raw-exchange.ts'

// What no well-behaved client sends, byte for byte on real sockets.

type Lines = readonly string[]
type Refusal = { readonly status: number; readonly code: string; readonly field?: string }

describe('requests on real sockets', () => {
  let server: TestServer
  let administrator: Account
  let cookie: string
  let key: string
  before(async () => {
    server = await startTestServer({
      configuration: 'limits: { classes: { sign-in: { burst: 10000, perSeconds: 60 } } }\n',
    })
    administrator = (await withAccounts(server))[0] as Account
    cookie = await signIn(server.call, administrator)
    key = String(server.command('applications', 'key', 'inbox').key)
  })
  after(() => server?.remove())

  const host = () => `Host: ${new URL(server.publicUrl).host}`
  const origin = () => `Origin: ${server.publicUrl}`
  const bytesOf = (lines: Lines, body: string | Uint8Array = '') =>
    Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body as string)])
  const send = (lines: Lines, body?: string | Uint8Array) => rawExchange(server.port, bytesOf(lines, body)).answer
  const post = (path: string, body: string | Uint8Array, more: Lines = []) =>
    send(
      [
        `POST ${path} HTTP/1.1`,
        host(),
        ...(more.some((line) => /^origin|^sec-fetch/i.test(line)) ? [] : [origin()]),
        ...(more.some((line) => /^content-type/i.test(line)) ? [] : ['Content-Type: application/json']),
        ...(more.some((line) => /^(content-length|transfer-encoding)/i.test(line))
          ? []
          : [`Content-Length: ${Buffer.from(body as string).length}`]),
        ...more,
      ],
      body,
    )
  const signInWith = (body: string | Uint8Array, more: Lines = []) => post('/v1/sign-in', body, more)
  const good = '{"email":"nobody@northwind.example","password":"not a password of anybody"}'

  function refused(answer: RawAnswer, { status, code, field }: Refusal): void {
    assert.deepEqual([answer.status, answer.body.code], [status, code], answer.text)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    if (field !== undefined) assert.equal(answer.body.field, field)
    assert.equal(answer.body.status, status)
    for (const name of ['type', 'title', 'help', 'requestId']) assert.equal(typeof answer.body[name], 'string', name)
    assert.doesNotMatch(answer.text, /node_modules|\bat \w+ \(|postgres/i)
  }

  const invalid = (field: string): Refusal => ({ status: 400, code: 'REQUEST_INVALID', field })
  const wrongHeader = (name?: string): Refusal => ({
    status: 400,
    code: 'REQUEST_HEADER_INVALID',
    ...(name === undefined ? {} : { field: `header.${name}` }),
  })
  const bodies: readonly [what: string, body: string | Uint8Array, refusal: Refusal][] = [
    ['a body that is no JSON', '{"email":', invalid('body')],
    ['an empty body', '', invalid('body')],
    ['a body that is not UTF-8', Buffer.from([...Buffer.from('{"email":"'), 0xff, 0xfe, 0x22, 0x7d]), invalid('body')],
    ['a member that stands twice', '{"email":"a@b","email":"c@d","password":"x"}', invalid('body.email')],
    [
      'a member that stands twice, once escaped',
      '{"email":"a@b","\\u0065mail":"c@d","password":"x"}',
      invalid('body.email'),
    ],
    ['__proto__ as a member', '{"__proto__":{"x":1},"email":"a@b","password":"x"}', invalid('body.__proto__')],
    ['a member that is not known', '{"email":"a@b","password":"x","admin":true}', invalid('body.admin')],
    ['a member that is missing', '{"email":"a@b"}', invalid('body.password')],
    ['a member of another type', '{"email":"a@b","password":1}', invalid('body.password')],
    ['a mail address that is too long', `{"email":"${'a'.repeat(300)}@b","password":"x"}`, invalid('body.email')],
    ['an array in place of an object', '[]', invalid('body')],
    ['nesting without end', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, invalid('body')],
    ['a body above its limit', `{"email":"${'a'.repeat(70_000)}"}`, { status: 413, code: 'REQUEST_TOO_LARGE' }],
  ]
  for (const [what, body, refusal] of bodies)
    test(`${what} is refused, and named`, async () => refused(await signInWith(body), refusal))

  const heads: readonly [what: string, more: () => Lines, refusal: Refusal][] = [
    [
      'a repeated content-type',
      () => ['Content-Type: application/json', 'Content-Type: text/plain'],
      wrongHeader('content-type'),
    ],
    ['a repeated cookie', () => [`Cookie: ${cookie}`, 'Cookie: a=b'], wrongHeader('cookie')],
    ['a repeated origin', () => [origin(), 'Origin: https://evil.example'], wrongHeader('origin')],
    [
      'a repeated authorization',
      () => [`Authorization: Bearer ${key}`, 'Authorization: Bearer x'],
      wrongHeader('authorization'),
    ],
    ['a repeated host', () => ['Host: evil.example'], wrongHeader()],
    ['a repeated length', () => [`Content-Length: ${good.length}`, 'Content-Length: 5'], wrongHeader()],
    [
      'a length and chunks at once',
      () => [`Content-Length: ${good.length}`, 'Transfer-Encoding: chunked'],
      wrongHeader(),
    ],
    ['a length that is no number', () => ['Content-Length: 5x'], wrongHeader()],
    ['a negative length', () => ['Content-Length: -1'], wrongHeader()],
    ['an encoding that is not chunked', () => ['Transfer-Encoding: gzip, identity'], wrongHeader('transfer-encoding')],
    ['a space before a colon', () => ['X-Odd : 1'], wrongHeader()],
    ['a folded header', () => ['X-Odd: 1\r\n folded'], wrongHeader()],
    ['a NUL in a header', () => ['X-Odd: a\0b'], wrongHeader()],
    [
      'headers beyond 16 KiB',
      () => [`X-Odd: ${'a'.repeat(20_000)}`],
      { status: 431, code: 'REQUEST_HEADERS_TOO_LARGE' },
    ],
    ['text in place of JSON', () => ['Content-Type: text/plain'], { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' }],
    [
      'a form',
      () => ['Content-Type: application/x-www-form-urlencoded'],
      { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
    ],
    ['an API key that is none', () => ['Authorization: Bearer cus_x'], { status: 401, code: 'APIKEY_INVALID' }],
  ]
  for (const [what, more, refusal] of heads)
    test(`${what} is refused`, async () => refused(await signInWith(good, more()), refusal))

  test('a body that ends before its length is never acted upon, and is no fault', async () => {
    const cut = rawExchange(
      server.port,
      bytesOf(
        ['POST /v1/sign-in HTTP/1.1', host(), origin(), 'Content-Type: application/json', 'Content-Length: 100'],
        good.slice(0, 20),
      ),
    )
    cut.end()
    const answer = await cut.answer.catch(() => null)
    if (answer !== null) assert.equal(answer.status, 400)
    assert.equal((await server.call('GET', '/livez')).status, 200)
  })

  for (const name of ['evil.example', 'custodia.localhost.evil.example', 'custodia.localhost@evil.example', ''])
    test(`a request for the host “${name}” is not served here`, async () => {
      const answer = await send(['GET /v1/me HTTP/1.1', `Host: ${name}`, `Cookie: ${cookie}`])
      const malformed = name === '' || name.includes('@')
      refused(answer, malformed ? wrongHeader() : { status: 421, code: 'HOST_UNKNOWN', field: 'header.host' })
    })

  test('HTTP/1.1 without a host is refused', async () => {
    refused(await send(['GET /v1/me HTTP/1.1']), wrongHeader('host'))
  })

  test('headers that come too slowly are given up', { timeout: 30_000 }, async () => {
    const slow = rawExchange(server.port, `POST /v1/sign-in HTTP/1.1\r\n${host()}\r\n`)
    const trickle = setInterval(() => slow.write('X: 1\r\n'), 1_000)
    const answer = await slow.answer.finally(() => clearInterval(trickle))
    refused(answer, { status: 408, code: 'REQUEST_TIMEOUT' })
  })

  const foreign: readonly [what: string, more: Lines, field: string][] = [
    ['another site, by Fetch Metadata', ['Sec-Fetch-Site: cross-site'], 'header.sec-fetch-site'],
    ['another host of the same site', ['Sec-Fetch-Site: same-site'], 'header.sec-fetch-site'],
    ['another origin', ['Origin: https://evil.example'], 'header.origin'],
    ['a page that hides its origin', ['Origin: null'], 'header.origin'],
    ['the same name on another port', ['Origin: http://custodia.localhost:1'], 'header.origin'],
  ]
  for (const [what, more, field] of foreign)
    test(`a POST from ${what} is refused, and the session is still there`, async () => {
      const lines = [`Cookie: ${cookie}`, ...more]
      refused(await post('/v1/sign-out', '', lines), { status: 403, code: 'CROSS_SITE_REFUSED', field })
      assert.equal((await server.call('GET', '/v1/me', { cookie })).status, 200)
    })

  test('a cookie with a POST that says nothing about where it comes from is refused', async () => {
    const answer = await send(['POST /v1/sign-out HTTP/1.1', host(), `Cookie: ${cookie}`, 'Content-Length: 0'])
    refused(answer, { status: 403, code: 'CROSS_SITE_REFUSED', field: 'header.origin' })
  })

  test('an API key is nobody where a person is needed', async () => {
    for (const path of ['/v1/me', '/v1/sessions', '/v1/applications']) {
      const answer = await send([`GET ${path} HTTP/1.1`, host(), `Authorization: Bearer ${key}`])
      refused(answer, { status: 403, code: 'ACCESS_DENIED' })
    }
  })

  test('an API key may do what its role says and nothing else', async () => {
    for (const path of ['/v1/users', '/v1/ledger/entries', '/v1/roles', '/ledger/tile/entries/000']) {
      const answer = await send([`GET ${path} HTTP/1.1`, host(), `Authorization: Bearer ${key}`])
      refused(answer, { status: 403, code: 'ACCESS_DENIED' })
      assert.match(String(answer.body.permission), /^[a-z]+:/)
    }
  })

  test('an address that is none is refused as such', async () => {
    const { status, body } = await server.call('GET', '/v1/nothing')
    assert.deepEqual([status, body.code], [404, 'ROUTE_UNKNOWN'])
  })

  test('a method that an address does not take is refused with those that it does', async () => {
    const answer = await send(['PUT /v1/sign-in HTTP/1.1', host(), 'Content-Length: 0'])
    refused(answer, { status: 405, code: 'METHOD_NOT_ALLOWED' })
    assert.equal(answer.headers.allow, 'DELETE, GET, POST')
  })
})
