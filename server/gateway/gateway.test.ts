import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { Got, TestGateway } from './testing.ts'
import { codeOf, cookie, openTestGateway } from './testing.ts'

let rig: TestGateway
before(async () => {
  rig = await openTestGateway()
})
after(() => rig.close())
beforeEach(() => rig.reset())

test('a person who navigates without a session is sent to the sign-in page, and their way back is kept by their browser', async () => {
  const got = await rig.get('/messages/4?x=1', { headers: { 'sec-fetch-mode': 'navigate' } })
  assert.equal(got.status, 302)
  const location = new URL(got.headers.location ?? '')
  assert.equal(location.origin, `http://custodia.localhost:${rig.port}`)
  assert.equal(location.pathname, '/sign-in')
  assert.equal(location.searchParams.get('host'), 'app.localhost')
  const set = got.headers['set-cookie']?.[0] ?? ''
  assert.match(set, /^__Host-custodia-return=[\w-]{43}\.[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Lax/)
  assert.ok(set.includes(location.searchParams.get('state') ?? '?'))
  assert.equal(rig.seen, null)
})

test('a second tab keeps the state of the first', async () => {
  const first = await rig.get('/a', { headers: { 'sec-fetch-mode': 'navigate' } })
  const kept = (first.headers['set-cookie']?.[0] ?? '').split(';')[0] as string
  const second = await rig.get('/b', { headers: { 'sec-fetch-mode': 'navigate', cookie: kept } })
  const state = (got: Got) => new URL(got.headers.location ?? '').searchParams.get('state')
  assert.equal(state(second), state(first))
})

test('a call without a session gets 401 as a problem, and no redirect', async () => {
  const got = await rig.get('/api', { headers: { accept: 'application/json' } })
  assert.equal(got.status, 401)
  assert.match(got.headers['content-type'] ?? '', /^application\/problem\+json/)
  assert.equal(codeOf(got), 'AUTHENTICATION_REQUIRED')
})

test('the way back works with the code and the state of this browser, and leads to where it began', async () => {
  const state = 's'.repeat(43)
  const kept = `__Host-custodia-return=${state}.${Buffer.from('/messages/4?x=1').toString('base64url')}`
  const got = await rig.get('/.custodia/session?code=good', { headers: { cookie: kept } })
  assert.equal(got.status, 303)
  assert.equal(got.headers.location, '/messages/4?x=1')
  assert.match(got.headers['set-cookie']?.[0] ?? '', /^__Host-custodia=ann;/)
  assert.match(got.headers['set-cookie']?.[1] ?? '', /^__Host-custodia-return=;.*Max-Age=0/)
})

test('a code without the state of the browser, or with a wrong code, does nothing', async () => {
  for (const [path, headers] of [
    ['/.custodia/session?code=good', {}],
    ['/.custodia/session?code=good', { cookie: '__Host-custodia-return=short.Lw' }],
    ['/.custodia/session?code=bad', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
    ['/.custodia/session?code=good&code=good', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
    ['/.custodia/session', { cookie: `__Host-custodia-return=${'s'.repeat(43)}.Lw` }],
  ] as const) {
    const got = await rig.get(path, { headers })
    assert.equal(codeOf(got), 'GATEWAY_SIGN_IN_EXPIRED')
    assert.equal(got.headers['set-cookie'], undefined)
  }
})

test('a way back that names another origin leads to the root', async () => {
  for (const path of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a\r\nSet-Cookie: x=1']) {
    const kept = `__Host-custodia-return=${'s'.repeat(43)}.${Buffer.from(path).toString('base64url')}`
    assert.equal((await rig.get('/.custodia/session?code=good', { headers: { cookie: kept } })).headers.location, '/')
  }
})

test('an admitted request carries an assertion for this application that verifies against the published key', async () => {
  rig.signedIn('ann', 'reader')
  const got = await rig.get('/messages', {
    headers: { ...cookie('ann'), 'custodia-assertion': 'forged', 'x-forwarded-for': '6.6.6.6' },
  })
  assert.equal(got.body, 'hello')
  assert.equal(rig.seen?.headers.cookie, 'theme=dark')
  assert.equal(rig.seen?.headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(rig.seen?.headers.host, `app.localhost:${rig.port}`)
  const jwks = rig.gateway.routes.find((route) => route.path === '/.well-known/jwks.json')
  const { body } = (await (jwks as NonNullable<typeof jwks>).handle({} as never)) as { body: { keys: never[] } }
  const verified = await jwtVerify(String(rig.seen?.headers['custodia-assertion']), createLocalJWKSet(body), {
    audience: 'app',
    issuer: rig.context.publicUrl,
    typ: 'custodia-assertion+jwt',
    algorithms: ['EdDSA'],
  })
  assert.deepEqual(
    { ...verified.payload, iat: 0, exp: Number(verified.payload.exp) - Number(verified.payload.iat) },
    {
      iss: rig.context.publicUrl,
      aud: 'app',
      sub: 'usr_ann',
      org: 'org_a',
      sid: 'ses_ann',
      email: 'ann@example.com',
      name: 'Ann "Ä" Lee',
      roles: ['reader'],
      permissions: ['app:read'],
      amr: ['pwd'],
      iat: 0,
      exp: 60,
    },
  )
})

test('a role that may not is refused, the application never hears of it, and the ledger does', async () => {
  rig.signedIn('ann', 'reader')
  const got = await rig.get('/messages/1/labels', {
    method: 'POST',
    headers: { ...cookie('ann'), origin: rig.origin() },
    body: 'a=b',
  })
  assert.equal(got.status, 403)
  assert.equal(codeOf(got), 'ACCESS_DENIED')
  assert.equal(rig.seen, null)
  const refused = rig.context.events.find((one) => one.type === 'gateway.request.refused')
  assert.deepEqual(refused?.data, { application: 'app', method: 'POST', permission: 'app:write', reason: 'no-grant' })
  assert.deepEqual(refused?.personal, { path: '/messages/1/labels' })
})

test('what no rule names is refused, whoever asks', async () => {
  rig.signedIn('ann', 'writer')
  assert.equal(
    (await rig.get('/x', { method: 'DELETE', headers: { ...cookie('ann'), origin: rig.origin() } })).status,
    403,
  )
  assert.equal(rig.seen, null)
})

test('a form of another site is refused even for who may', async () => {
  rig.signedIn('ann', 'writer')
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: `http://custodia.localhost:${rig.port}` },
    {},
  ]) {
    const got = await rig.get('/x', {
      method: 'POST',
      headers: { ...cookie('ann'), ...headers } as Record<string, string>,
    })
    assert.equal(codeOf(got), 'CROSS_SITE_REFUSED')
  }
  assert.equal(rig.seen, null)
})

test('an ambiguous path is refused before anybody is asked', async () => {
  rig.signedIn('ann', 'reader')
  for (const path of ['/public/../messages', '/public/%2e%2e/messages', '//messages', '/a%2fb', '/%00']) {
    const got = await rig.get(path, { headers: cookie('ann') })
    assert.equal(codeOf(got), 'GATEWAY_PATH_AMBIGUOUS')
  }
  assert.equal(rig.seen, null)
})

test('a method that nobody configured for is refused in our own words', async () => {
  for (const method of ['TRACE', 'PROPFIND', 'LINK']) {
    const got = await rig.get('/public/a', { method })
    assert.equal(codeOf(got), 'METHOD_NOT_ALLOWED')
  }
  assert.equal(rig.seen, null)
})

test('a repeated header is refused', async () => {
  const got = await rig.get('/public/a', { headers: { authorization: ['a', 'b'] } })
  assert.equal(codeOf(got), 'REQUEST_HEADER_INVALID')
})

test('a public path passes without a session and without an assertion', async () => {
  const got = await rig.get('/public/site.css', { headers: { 'custodia-assertion': 'forged' } })
  assert.equal(got.status, 200)
  assert.equal(rig.seen?.headers['custodia-assertion'], undefined)
})

test('a reply to somebody is for no cache that others share, unless the application says so', async () => {
  rig.signedIn('ann', 'reader')
  const kept = async (path: string, says?: string) => {
    rig.behave = (_request, response) => {
      if (says !== undefined) response.setHeader('cache-control', says)
      response.end('hello')
    }
    return (await rig.get(path, { headers: cookie('ann') })).headers['cache-control']
  }
  assert.equal(await kept('/'), 'private')
  assert.equal(await kept('/', 'public, max-age=60'), 'public, max-age=60')
  assert.equal(await kept('/public/x'), undefined)
})

test("an application can't set the gateway's cookies", async () => {
  rig.behave = (_request, response) =>
    void response.setHeader('set-cookie', ['__Host-custodia=evil; Path=/; Secure', 'mine=1']).end()
  assert.deepEqual((await rig.get('/public/')).headers['set-cookie'], ['mine=1'])
})

test('what is allowed is counted, and written as one event', async () => {
  rig.signedIn('bob', 'reader')
  for (let i = 0; i < 5; i++) await rig.get('/messages', { headers: cookie('bob') })
  assert.equal(rig.context.events.length, 0)
  await rig.gateway.stop()
  assert.deepEqual(
    rig.context.events.filter((one) => one.data.session === 'ses_bob').map((one) => one.data.requests),
    [5],
  )
  await rig.restart()
})
