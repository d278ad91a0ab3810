import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import type { Target } from './target.ts'
import { openTarget, raw, signedIn } from './target.ts'

let target: Target
before(async () => {
  target = await openTarget()
})
after(() => target?.remove())

const account = (index: number) => target.accounts[index] as Account
const code = (answer: { body: Record<string, unknown> }) => answer.body.code
const state = 'A'.repeat(43)
const me = async (cookie: string, headers: Record<string, string> = {}) =>
  (await target.server.call('GET', '/v1/me', { cookie, headers })).status

test('a cookie that somebody planted before sign-in is worth nothing after it', async () => {
  const planted = `__Host-custodia=${'P'.repeat(43)}`
  const cookie = await signedIn(target, 1, { cookie: planted })
  assert.notEqual(cookie, planted)
  assert.equal(await me(planted), 401)
  assert.equal(await me(cookie), 200)
})

test('signing in over a session ends that session, and never continues it', async () => {
  const first = await signedIn(target, 1)
  const second = await signedIn(target, 2, { cookie: first })
  assert.equal(await me(first), 401)
  assert.equal(await me(second), 200)
})

test('a cookie beside another of its name, under a like name or in another spelling, speaks for nobody', async () => {
  const cookie = await signedIn(target, 1)
  const token = cookie.slice(cookie.indexOf('=') + 1)
  for (const tossed of [
    `${cookie}; ${cookie}`,
    `__Host-custodia=${'x'.repeat(43)}; ${cookie}`,
    `${cookie}; __Host-custodia=`,
    `__host-custodia=${token}`,
    `custodia=${token}`,
    `__Host-custodia2=${token}`,
    `a__Host-custodia=${token}`,
    `a="; ${cookie}x"`,
    `a=b,${cookie}`,
    `__Host-custodia=${token.slice(0, 42)}`,
    `__Host-custodia=${token}A`,
    `__Host-custodia="${token}"`,
    `__Host-custodia=${encodeURIComponent(`${token} `)}`,
    `$Version=1; __Host-custodia=${token}; $Path=/; __Host-custodia=${token}`,
  ])
    assert.equal(await me(tossed), 401, tossed.replaceAll(token, 'TOKEN'))
  const twice = `GET /v1/me HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`
  assert.match(await raw(target.server.port, twice), /^HTTP\/1\.1 400 /)
  assert.equal(await me(`a=b; ${cookie}`), 200)
})

test('a cookie works on the host that it was made for, and on no other', async () => {
  const own = await signedIn(target, 1)
  const application = await target.enter(own)
  target.seen.length = 0
  assert.equal((await target.server.call('GET', '/x', { cookie: own, headers: { host: target.appHost } })).status, 401)
  assert.equal(await me(application), 401)
  assert.equal(await me(application, { host: `localhost:${target.server.port}` }), 401)
  assert.equal(target.seen.length, 0)
})

test('ending the session ends it at the application on the very next request', async () => {
  const own = await signedIn(target, 1)
  const application = await target.enter(own)
  const at = () => target.server.call('GET', '/x', { cookie: application, headers: { host: target.appHost } })
  assert.equal((await at()).status, 200)
  await target.server.call('POST', '/v1/sign-out', { cookie: own })
  assert.equal((await at()).status, 401)
  assert.equal(await me(own), 401)
})

const depart = async () => {
  const away = await target.server.call('GET', '/x', { headers: { host: target.appHost, accept: 'text/html' } })
  return { cookie: away.cookie as string, state: /=([\w-]{43})\./.exec(away.cookie ?? '')?.[1] as string }
}
const handOver = async (cookie: string, of: string, host = 'app.localhost') =>
  await target.server.call('POST', '/v1/hand-over', { cookie, body: { host, state: of } })
const redeem = async (location: unknown, cookie: string | undefined, host = target.appHost) => {
  const { pathname, search } = new URL(String(location))
  return await target.server.call('GET', pathname + search, {
    headers: { host },
    ...(cookie === undefined ? {} : { cookie }),
  })
}

test('a stolen hand-over code opens nothing in another browser, and a try with another state uses it up', async () => {
  const own = await signedIn(target, 1)
  const victim = await depart()
  const thief = await depart()
  for (const cookie of [undefined, thief.cookie, victim.cookie.replace(victim.state, thief.state)]) {
    const { body } = await handOver(own, victim.state)
    const tried = await redeem(body.location, cookie)
    assert.equal(code(tried), 'GATEWAY_SIGN_IN_EXPIRED')
    assert.equal(tried.cookie, null)
    if (cookie !== undefined) assert.equal(code(await redeem(body.location, victim.cookie)), 'GATEWAY_SIGN_IN_EXPIRED')
  }
})

test('a hand-over code works once, of many who bring it together', async () => {
  const own = await signedIn(target, 1)
  const browser = await depart()
  const { body } = await handOver(own, browser.state)
  const tries = await Promise.all(Array.from({ length: 20 }, () => redeem(body.location, browser.cookie)))
  assert.equal(tries.filter((one) => one.status === 303).length, 1)
  assert.equal(tries.filter((one) => one.cookie !== null).length, 1)
})

test("a code of the attacker's own session does not sign a victim in, whose browser holds another state", async () => {
  const attacker = await signedIn(target, 2)
  const victim = await depart()
  const { body } = await handOver(attacker, state)
  assert.equal((await redeem(body.location, victim.cookie)).cookie, null)
})

test('a code is made for applications that exist, and leads to them alone', async () => {
  const own = await signedIn(target, 1)
  for (const host of [
    'evil.example',
    'app.localhost.evil.example',
    'app.localhost:1',
    'APP.localhost',
    'app.localhost/x',
    'custodia.localhost',
    ' app.localhost',
    'app.localhost#',
  ])
    assert.equal((await handOver(own, state, host)).status, 404, host)
  for (const bad of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, `${'A'.repeat(42)}\n`])
    assert.equal((await handOver(own, bad)).status, 400)
})

test('an ended session leaves no code that would still work', async () => {
  const own = await signedIn(target, 1)
  const browser = await depart()
  const { body } = await handOver(own, browser.state)
  await target.server.call('POST', '/v1/sign-out', { cookie: own })
  assert.equal((await redeem(body.location, browser.cookie)).cookie, null)
})

test('the way back from sign-in never leaves the application', async () => {
  for (const path of [
    '//evil.example',
    '/\\evil.example',
    'http://evil.example/',
    '/%0d%0aSet-Cookie:x',
    'javascript:1',
    '',
    '/a\u0000',
  ]) {
    const own = await signedIn(target, 1)
    const browser = await depart()
    const { body } = await handOver(own, browser.state)
    const bent = browser.cookie.replace(/\.[^.]*$/, `.${Buffer.from(path).toString('base64url')}`)
    const { pathname, search } = new URL(String(body.location))
    const received = await raw(
      target.server.port,
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${target.appHost}\r\nCookie: ${bent}\r\nConnection: close\r\n\r\n`,
    )
    const location = /^location: (.*)\r$/im.exec(received)?.[1]
    assert.ok(location === '/' || location === '/%0d%0aSet-Cookie:x', `${path}: ${location}`)
  }
})

test('no page of another origin changes anything, whatever it claims', async () => {
  const cookie = await signedIn(target, 1)
  const port = target.server.port
  const own = `http://custodia.localhost:${port}`
  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: `http://app.localhost:${port}` },
    { origin: `http://localhost:${port}` },
    { origin: 'http://custodia.localhost' },
    { origin: `${own}.evil.example` },
    { origin: own, 'sec-fetch-site': 'cross-site' },
    { origin: own, 'sec-fetch-site': 'same-site' },
    { origin: own, 'sec-fetch-site': 'SAME-ORIGIN, cross-site' },
    { origin: '' },
  ] as Record<string, string>[])
    for (const [method, path, body] of [
      ['POST', '/v1/sign-out', undefined],
      ['POST', '/v1/hand-over', { host: 'app.localhost', state }],
      ['POST', '/v1/sign-in', { email: account(2).email, password: account(2).password }],
      ['PUT', '/v1/me/password', { current: 'x', next: 'y' }],
    ] as const) {
      const answer = await target.server.call(method, path, {
        cookie,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      assert.equal(code(answer), 'CROSS_SITE_REFUSED', `${JSON.stringify(headers)} ${path}`)
    }
  assert.equal(await me(cookie), 200)
})

test('a form of another site has no media type that a route takes', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json+x',
    'text/json',
    'application/csp-report',
    '',
  ]) {
    const body = JSON.stringify({ email: account(1).email, password: account(1).password })
    const answer = await raw(
      target.server.port,
      `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
    assert.match(answer, /^HTTP\/1\.1 4(?:15|00) /, type)
    assert.doesNotMatch(answer, /set-cookie/i)
  }
})

test('nothing tells a page of another origin that it may read an answer', async () => {
  const cookie = await signedIn(target, 1)
  for (const [method, path] of [
    ['GET', '/v1/me'],
    ['OPTIONS', '/v1/sign-in'],
    ['GET', '/openapi.json'],
    ['GET', '/'],
  ] as const) {
    const received = await raw(
      target.server.port,
      `${method} ${path} HTTP/1.1\r\nHost: custodia.localhost:${target.server.port}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nAccept: text/html\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    )
    assert.doesNotMatch(received, /^access-control-/im)
    assert.match(received, /^content-security-policy: .*frame-ancestors 'none'/im)
    assert.match(received, /^x-content-type-options: nosniff/im)
  }
})

test('every cookie that is set is for one host, unreadable by script and not sent along by other sites', async () => {
  const { email, password } = account(1)
  const body = JSON.stringify({ email, password })
  const received = await raw(
    target.server.port,
    `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  const away = await raw(
    target.server.port,
    `GET /x HTTP/1.1\r\nHost: ${target.appHost}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
  )
  for (const text of [received, away]) {
    const set = /^set-cookie: (.*)\r$/im.exec(text)?.[1] ?? ''
    assert.match(set, /^__Host-custodia/)
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) assert.ok(set.includes(attribute), set)
    assert.doesNotMatch(set, /domain/i)
  }
})
