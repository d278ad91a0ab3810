import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import type { Target } from './target.ts'
import { headsOf, lines, openTarget, raw, signedIn, statuses } from './target.ts'

let target: Target
let cookie: string
before(async () => {
  target = await openTarget()
  cookie = await target.enter(await signedIn(target, 1))
})
after(() => target?.remove())
beforeEach(() => {
  target.seen.length = 0
  target.answer = (_seen, response) => void response.end('hello')
})

const { get, post } = headsOf(() => ({ host: target.appHost, cookie }))
const send = (bytes: string) => raw(target.server.port, bytes)
const forged = [
  ...['Custodia-Assertion', 'custodia_assertion', 'CUSTODIA-ASSERTION', 'X-Custodia-User', 'x_custodia_user'],
  ...['Remote-User', 'remote_user', 'X-Remote-User', 'X-Forwarded-User', 'X_Forwarded_Email', 'X-Auth-Request-User'],
  ...[
    'X-Auth-User',
    'X-User',
    'X-WebAuth-User',
    'X-Authenticated-User',
    'X-MS-Client-Principal',
    'Forwarded',
    'X-Real-IP',
  ],
  ...['X-Client-IP', 'True-Client-IP', 'CF-Connecting-IP', 'SSL_CLIENT_S_DN', 'X-SSL-Client-Cert', 'Client-Cert'],
  ...[
    'X-Original-URL',
    'X_Original_URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
  ],
  ...['X-Host', 'X-Original-Host', 'X-Forwarded-Host', 'X-Forwarded-Prefix', 'Proxy', 'Proxy-Authorization', 'Via'],
]
test('headers that name who asks, what for or from where never come from the client', async () => {
  for (const name of forged) await send(get('/x', `${name}: forged`, 'Connection: close'))
  assert.equal(target.seen.length, forged.length)
  for (const { headers } of target.seen) {
    assert.doesNotMatch(JSON.stringify(headers), /forged/i)
    assert.match(String(headers['custodia-assertion']), /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.doesNotMatch(String(headers.cookie ?? ''), /custodia/i)
  }
})

test('the assertion can not be made hop-by-hop, doubled or moved into a trailer', async () => {
  for (const value of [
    'custodia-assertion',
    'close, Custodia-Assertion, x-forwarded-for, host',
    'cookie, custodia_assertion',
  ])
    await send(get('/x', `Connection: ${value}`))
  await send(
    post(
      ['Transfer-Encoding: chunked', 'Trailer: Custodia-Assertion'],
      '1\r\na\r\n0\r\nCustodia-Assertion: forged\r\n\r\n',
    ),
  )
  assert.equal(target.seen.length, 1, 'what names them is refused, and what hides them in a trailer passes without it')
  for (const { headers } of target.seen) {
    assert.match(String(headers['custodia-assertion']), /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.equal(headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(headers.host, target.appHost)
  }
})

test('headers about the connection break nothing behind the gateway', async () => {
  for (const header of [
    'Keep-Alive: timeout=5',
    'Upgrade: h2c',
    'TE: trailers',
    'Proxy-Connection: keep-alive',
    'Trailer: x',
  ])
    assert.deepEqual(statuses(await send(get('/x', header, 'Connection: close'))), ['200'], header)
  assert.deepEqual(statuses(await send(post(['Expect: 100-continue', 'Content-Length: 1'], 'a'))), ['100', '200'])
})

const second = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
for (const [what, headers, body] of [
  ['a length beside chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${second}`],
  ['an unknown coding', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${second}`],
  ['two codings', ['Transfer-Encoding: gzip, chunked'], `3\r\nabc\r\n0\r\n\r\n${second}`],
  ['identity before chunked', ['Transfer-Encoding: identity, chunked'], `0\r\n\r\n${second}`],
  ['identity after chunked', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${second}`],
  ['the coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `0\r\n\r\n${second}`],
  ['a space before the colon', ['Transfer-Encoding : chunked', 'Content-Length: 3'], `0\r\n\r\n${second}`],
  ['a vertical tab before the coding', ['Transfer-Encoding: \u000bchunked'], `0\r\n\r\n${second}`],
  ['a length with a sign', ['Content-Length: +5'], `hello${second}`],
  ['a list of lengths', ['Content-Length: 5, 5'], `hello${second}`],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], `hello${second}`],
  ['a length in hexadecimal', ['Content-Length: 0x5'], `hello${second}`],
  ['a length beyond all numbers', ['Content-Length: 99999999999999999999'], `hello${second}`],
  ['a folded line', ['X-A: 1', ' Remote-User: root', 'Content-Length: 0'], second],
  ['a bare line feed', ['X-A: 1\nRemote-User: root', 'Content-Length: 0'], second],
  ['a bare carriage return', ['X-A: 1\rRemote-User: root', 'Content-Length: 0'], second],
  ['a zero byte', ['X-A: 1\u0000', 'Content-Length: 0'], second],
  [
    'a chunk extension that ends with a bare line feed',
    ['Transfer-Encoding: chunked'],
    `5;a\nhello\r\n0\r\n\r\n${second}`,
  ],
  ['chunks that end with bare line feeds', ['Transfer-Encoding: chunked'], `5\nhello\n0\n\n${second}`],
  ['a chunk size with a space', ['Transfer-Encoding: chunked'], `5 \r\nhello\r\n0\r\n\r\n${second}`],
  ['a chunk size with a prefix', ['Transfer-Encoding: chunked'], `0x5\r\nhello\r\n0\r\n\r\n${second}`],
  ['a chunk extension without end', ['Transfer-Encoding: chunked'], `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
] as const)
  test(`${what} is refused, and what follows is read as nothing`, async () => {
    const received = await send(post([...headers], body))
    assert.match(statuses(received).join(), /^400(?:,400)*$/, received)
    assert.ok(
      target.seen.every(({ url }) => url !== '/admin'),
      JSON.stringify(target.seen),
    )
  })

test('a body of a GET is not the next request', async () => {
  for (const path of ['/x', '/public/x']) {
    const smuggled = lines('GET /admin HTTP/1.1', 'Host: evil.example', 'Custodia-Assertion: forged')
    await send(get(path, `Content-Length: ${smuggled.length}`) + smuggled)
  }
  assert.deepEqual(
    target.seen.map(({ url }) => url),
    ['/x', '/public/x'],
  )
  assert.ok(target.seen.every(({ headers }) => headers['content-length'] === undefined))
})

test('a path that can be read as another one does not get past the rule of that other one', async () => {
  for (const path of [
    ...[
      '/admin',
      '/admin/',
      '/admin/users',
      '/ADMIN',
      '/Admin/',
      '/ADMIN/users',
      '/%61dmin',
      '/admin%2fusers',
      '/admin;x',
      '/admin;/x',
    ],
    ...[
      '/public/../admin',
      '/public/%2e%2e/admin',
      '/public/..;/admin',
      '/public/.;/../admin',
      '/public/..%2fadmin',
      '/x/..\\admin',
    ],
    ...[
      '//admin',
      '/./admin',
      '/x//../admin',
      '/public/%252e%252e/admin',
      '/admin%00',
      '/admin%0a',
      '/admin#x',
      '/public\\..\\admin',
    ],
    ...['http://x/admin', `http://${target.appHost}/admin`, '*', 'admin', '/admin?x=1', '/admin/?', '/ADM\u0130N'],
    ...['/x?a#b', '/caf\u00e9', '/public/..', '/public/%2e%2E/'],
  ]) {
    const received = await send(get(path, 'Connection: close'))
    assert.match(received, /^HTTP\/1\.1 4(?:00|03) /, `${path}: ${received.slice(0, 300)}`)
  }
  assert.deepEqual(target.seen, [])
})

test('what the gateway decided on is what the application gets', async () => {
  const paths = [
    ...['/a%3Bb', '/x?next=/../admin&a=%2f', '/caf%C3%A9', '/a.b/c..d/.e', '/x?', '/%41'],
    ...['/..x', '/public/x../y', '/public/%2e%2ex', '/public/...', '/{a}|"b"^`', '/x?{a}|"b"'],
  ]
  for (const path of paths) await send(get(path))
  assert.deepEqual(
    target.seen.map(({ url }) => url),
    paths,
  )
})

test("an application can neither set, read nor fix the gateway's own cookies", async () => {
  target.answer = (_seen, response) => {
    response.setHeader('set-cookie', [
      '__Host-custodia=evil; Path=/; Secure',
      '=__Host-custodia=evil; Path=/; Secure',
      ' __host-custodia-return=evil; Path=/',
      '__Host-custodia; Path=/',
      'theirs=1',
    ])
    response.end()
  }
  const received = await send(get('/x', 'Connection: close'))
  assert.deepEqual(
    received.match(/^set-cookie: .*$/gim)?.map((line) => line.trim()),
    ['set-cookie: theirs=1'],
  )
  assert.doesNotMatch(JSON.stringify(target.seen), /__Host-custodia/i)
})

test('a host that is not ours, or malformed, is served by nobody', async () => {
  for (const host of [
    'evil.example',
    'app.localhost.evil.example',
    'evil.localhost',
    'custodia.localhost.',
    'app.localhost:80:80',
    'user@app.localhost',
    'app.localhost/',
    '127.0.0.2',
    '0.0.0.0',
    '[::]',
    '2130706433',
    'ａpp.localhost',
    '',
  ])
    assert.match(await send(lines('GET /livez HTTP/1.1', `Host: ${host}`)), /^HTTP\/1\.1 4(?:21|00) /, host)
  assert.match(await send(lines('GET http://app.localhost/livez HTTP/1.1', 'Host: evil.example')), /^HTTP\/1\.1 421 /)
  assert.match(await send(lines('GET /livez HTTP/1.0')), /^HTTP\/1\.1 4/)
  assert.equal(target.seen.length, 0)
})
