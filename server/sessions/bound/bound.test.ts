import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Session } from '@custodia/wire/http/sessions.ts'
import type { CryptoKey, JWTHeaderParameters } from 'jose'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { UserPrincipal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import type { Answer, Browser, Signed, TestHouse, TestProcess, TestServer } from '../testing.ts'
import { cookieOf, head, openTestHouse, serve, signIn, whoIs, withCookie } from '../testing.ts'

const second = 1_000
const origin = 'http://custodia.localhost:8080'
const register = '/v1/sessions/bind'
const refresh = '/v1/sessions/refresh'
const from = { 'x-forwarded-for': '192.0.2.7' }

type Device = { readonly key: CryptoKey; readonly jwk: object }

let house: TestHouse
let one: TestProcess
let other: TestProcess
let here: TestServer
let there: TestServer
let device: Device
let stranger: Device

const newDevice = async (): Promise<Device> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const { kty, crv, x, y } = await exportJWK(publicKey)
  return { key: privateKey, jwk: { kty, crv, x, y } }
}

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  other = await house.process()
  here = await serve(one, one.sessions.routes)
  there = await serve(other, other.sessions.routes)
  ;[device, stranger] = [await newDevice(), await newDevice()]
})
after(async () => {
  await Promise.all([here.close(), there.close()])
  await house.close()
})

const proofOf = (by: Device, challenge: string, { header = {}, payload = {} } = {}) =>
  new SignJWT({ jti: challenge, ...payload })
    .setProtectedHeader({ alg: 'ES256', typ: 'dbsc+jwt', ...header } as JWTHeaderParameters)
    .sign(by.key)
/** What the browser was told in the header of that name. */
const told = (answer: Answer, name: string) => String(answer.headers[name] ?? '')
const challengeIn = (answer: Answer) =>
  /challenge="([^"]+)"/.exec(told(answer, 'secure-session-registration'))?.[1] ??
  /^"([^"]+)";id="/.exec(told(answer, 'secure-session-challenge'))?.[1] ??
  assert.fail('no challenge')
const offered = async (browser: Browser) =>
  challengeIn(await browser.call('POST', '/v1/sessions/bind/offer', undefined, from))
const registering = (browser: Browser, proof: string) =>
  browser.call('POST', register, undefined, { ...from, 'secure-session-response': `"${proof}"` })
/** As a browser does whose cookie is over: it has the identifier, and answers with a proof once it is challenged. */
const refreshing = (server: TestServer, id: string, proof?: string, cookie?: string) =>
  server.browser(cookie).call('POST', refresh, undefined, {
    ...from,
    'sec-secure-session-id': `"${id}"`,
    ...(proof === undefined ? {} : { 'secure-session-response': `"${proof}"` }),
  })

async function bound(): Promise<Signed & { browser: Browser; cookie: string; before: string }> {
  const signed = await signIn(one)
  const browser = here.browser(signed.cookie)
  house.machine.clock.advance(second)
  const answer = await registering(
    browser,
    await proofOf(device, await offered(browser), { header: { jwk: device.jwk } }),
  )
  assert.equal(answer.status, 200)
  house.machine.clock.advance(1)
  return { ...signed, browser, before: signed.cookie, cookie: answer.setCookie as string }
}
const lives = async (cookie: string) => (await whoIs(other, withCookie(cookie))) !== null

test('a browser that makes a key gets a cookie for minutes, and the long one goes', async () => {
  const { before, cookie, sessionId, browser } = await bound()
  assert.match(cookie, /; HttpOnly; SameSite=Lax; Max-Age=600$/)
  const { body } = await browser.call('GET', '/v1/sessions', undefined, from)
  assert.equal((body.items as Session[]).find(({ id }) => id === sessionId)?.bound, true)
  assert.equal(await lives(before), true, 'other tabs are under way with it')
  house.machine.clock.advance(10 * second - 1)
  assert.equal(await lives(before), false)
  assert.equal(await lives(cookie), true, 'nor does a copy of it hold the session')
  house.machine.clock.advance(590 * second)
  assert.equal(await lives(cookie), false)
})

test('the instructions are those of the draft', async () => {
  const signed = await signIn(one)
  const browser = here.browser(signed.cookie)
  const answer = await registering(
    browser,
    await proofOf(device, await offered(browser), { header: { jwk: device.jwk } }),
  )
  assert.deepEqual(answer.body, {
    session_identifier: signed.sessionId,
    refresh_url: refresh,
    scope: { origin, include_site: false },
    credentials: [{ type: 'cookie', name: '__Host-custodia', attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax' }],
  })
})

test('the key brings the next cookie through either process, also after the last one is over, for the same privilege', async () => {
  const { sessionId, cookie } = await bound()
  const principal = (await whoIs(one, withCookie(cookie))) as UserPrincipal
  for (const server of [here, there, here]) {
    house.machine.clock.advance(601 * second)
    const asked = await refreshing(server, sessionId)
    assert.equal(asked.status, 403)
    const proof = await proofOf(device, challengeIn(asked))
    const answer = await refreshing(server === here ? there : here, sessionId, proof)
    assert.equal(answer.status, 200)
    assert.deepEqual(await whoIs(one, withCookie(answer.setCookie as string)), principal)
  }
})

test('another key, no key, another algorithm or another type of token brings nothing', async () => {
  const { sessionId } = await bound()
  const challenge = challengeIn(await refreshing(here, sessionId))
  const good = await proofOf(device, challenge)
  const [headerPart, payloadPart] = good.split('.')
  const unsigned = Buffer.from('{"alg":"none","typ":"dbsc+jwt"}').toString('base64url')
  const hs = await new SignJWT({ jti: challenge })
    .setProtectedHeader({ alg: 'HS256', typ: 'dbsc+jwt' })
    .sign(Buffer.from(JSON.stringify(device.jwk)))
  for (const forged of [
    await proofOf(stranger, challenge),
    await proofOf(stranger, challenge, { header: { jwk: stranger.jwk } }),
    await proofOf(device, challenge, { header: { typ: 'JWT' } }),
    await proofOf(device, challenge, { payload: { aud: 'https://elsewhere.example/v1/sessions/refresh' } }),
    `${unsigned}.${payloadPart}.`,
    `${headerPart}.${payloadPart}.${'A'.repeat(86)}`,
    hs,
    'x',
    'a.b.c',
    'A'.repeat(5_000),
  ]) {
    const answer = await refreshing(there, sessionId, forged)
    assert.deepEqual([answer.status, answer.setCookie], [403, null], forged.slice(0, 40))
  }
  assert.equal((await refreshing(there, sessionId, good)).status, 200, 'none of that used the challenge up')
})

test('a challenge is answered once: of twenty at once through two processes one gets a cookie', async () => {
  const { sessionId } = await bound()
  const proof = await proofOf(device, challengeIn(await refreshing(here, sessionId)))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => refreshing(i % 2 ? here : there, sessionId, proof)),
  )
  assert.equal(answers.filter(({ setCookie }) => setCookie !== null).length, 1)
  assert.equal((await refreshing(there, sessionId, proof)).status, 403)
})

test('a challenge that is too old, of another session or for another purpose is worth nothing', async () => {
  const [mine, others] = [await bound(), await bound()]
  const old = challengeIn(await refreshing(here, mine.sessionId))
  house.machine.clock.advance(120 * second)
  const foreign = challengeIn(await refreshing(here, others.sessionId))
  const unbound = await signIn(one, mine)
  const registration = await offered(here.browser(unbound.cookie))
  for (const challenge of [
    old,
    foreign,
    registration,
    `${house.machine.clock.nowMs()}.${'A'.repeat(22)}.${'A'.repeat(43)}`,
    '',
  ])
    assert.equal((await refreshing(here, mine.sessionId, await proofOf(device, challenge))).status, 403)
  const late = await offered(here.browser(unbound.cookie))
  house.machine.clock.advance(300 * second)
  const answer = await registering(
    here.browser(unbound.cookie),
    await proofOf(device, late, { header: { jwk: device.jwk } }),
  )
  assert.equal(answer.code, 'SESSIONS_BINDING_REFUSED')
})

test('a registration whose key did not sign it, or is none that we take, leaves the session as it is', async () => {
  const signed = await signIn(one)
  const browser = here.browser(signed.cookie)
  const challenge = await offered(browser)
  const rsa = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }
  for (const proof of [
    await proofOf(stranger, challenge, { header: { jwk: device.jwk } }),
    await proofOf(device, challenge),
    await proofOf(device, challenge, { header: { jwk: rsa } }),
    await proofOf(device, challenge, { header: { jwk: { ...device.jwk, crv: 'P-384' } } }),
    await proofOf(device, challenge, { header: { jwk: { ...device.jwk, y: 'AA' } } }),
    await proofOf(device, challenge, { header: { jwk: null } }),
    await proofOf(device, 'made up', { header: { jwk: device.jwk } }),
    'x',
  ])
    assert.equal((await registering(browser, proof)).code, 'SESSIONS_BINDING_REFUSED')
  assert.equal((await browser.call('POST', register, undefined, from)).code, 'SESSIONS_BINDING_REFUSED')
  assert.equal(await lives(signed.cookie), true)
})

test('a session is bound once: whoever copied the cookie can’t bind it to another key', async () => {
  const { browser, sessionId } = await bound()
  const again = await registering(
    browser,
    await proofOf(stranger, await offered(browser), { header: { jwk: stranger.jwk } }),
  )
  assert.equal(again.code, 'SESSIONS_BINDING_REFUSED')
  const fresh = await signIn(one)
  const racing = await Promise.all(
    [device, stranger].map(async (by) => {
      const tab = here.browser(fresh.cookie)
      return await registering(tab, await proofOf(by, await offered(tab), { header: { jwk: by.jwk } }))
    }),
  )
  assert.deepEqual(racing.map(({ status }) => status).sort(), [200, 403])
  assert.equal((await refreshing(here, sessionId)).status, 403)
})

test('a registration of an earlier draft is taken, with its key in the payload', async () => {
  const signed = await signIn(one)
  const browser = here.browser(signed.cookie)
  const payload = { key: device.jwk, aud: `${origin}${register}` }
  assert.equal((await registering(browser, await proofOf(device, await offered(browser), { payload }))).status, 200)
})

test('nothing is brought where the session ended, is held, idle for too long, unbound or unknown', async () => {
  const [ended, held, idle] = [await bound(), await bound(), await bound()]
  const unbound = await signIn(one)
  const proofs = new Map<string, string>()
  for (const { sessionId } of [ended, held, idle])
    proofs.set(sessionId, await proofOf(device, challengeIn(await refreshing(here, sessionId))))
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, ended.organisationId, ended.sessionId, 'tested', { kind: 'system' }),
  )
  await whoIs(one, withCookie(held.cookie, { headers: { 'user-agent': 'curl/8.5.0' } }))
  const asks = async (id: string) => (await refreshing(there, id, proofs.get(id))).body
  for (const id of [ended.sessionId, held.sessionId, unbound.sessionId, `ses_${'a'.repeat(26)}`, 'x', ''])
    assert.deepEqual(await asks(id), { continue: false }, id)
  house.machine.clock.advance(1_800 * second)
  assert.deepEqual(await asks(idle.sessionId), { continue: false })
})

test('a change of privilege within a bound session makes a cookie for minutes, too, and the next one is worth as much', async () => {
  const { cookie, sessionId } = await bound()
  const principal = (await whoIs(one, withCookie(cookie))) as UserPrincipal
  house.machine.clock.advance(second)
  const rotated = await one.context.database.transaction((tx) =>
    one.sessions.rotate(tx, principal, { factors: ['otp'], head: head() }),
  )
  assert.match(rotated.cookie, /; Max-Age=600$/)
  house.machine.clock.advance(600 * second)
  assert.equal(await lives(rotated.cookie), false)
  const proof = await proofOf(device, challengeIn(await refreshing(here, sessionId)))
  const next = (await refreshing(here, sessionId, proof)).setCookie as string
  assert.deepEqual((await whoIs(one, withCookie(next)))?.factors, ['pwd', 'otp'])
})

test('a browser that knows nothing of it keeps its cookie, and where it is not configured nothing is offered', async () => {
  const signed = await signIn(one)
  await offered(here.browser(signed.cookie))
  for (let minutes = 0; minutes < 60; minutes += 20) {
    assert.equal(await lives(signed.cookie), true)
    house.machine.clock.advance(1_200 * second)
  }
  const plain = await house.process({ config: { deviceBound: false } as never })
  const server = await serve(plain, plain.sessions.routes)
  const answer = await server.browser(signed.cookie).call('POST', '/v1/sessions/bind/offer', undefined, from)
  assert.deepEqual([answer.status, told(answer, 'secure-session-registration')], [204, ''])
  await server.close()
})

test('an answer that got lost signs nobody out: the cookie before it lives to its own end', async () => {
  const { sessionId, cookie } = await bound()
  house.machine.clock.advance(500 * second)
  const proof = await proofOf(device, challengeIn(await refreshing(here, sessionId)))
  const next = (await refreshing(here, sessionId, proof)).setCookie as string
  house.machine.clock.advance(99 * second)
  assert.deepEqual([await lives(cookie), await lives(next)], [true, true])
  house.machine.clock.advance(second)
  assert.deepEqual([await lives(cookie), await lives(next)], [false, true])
  const handles = `select count(*)::int as count from sessions.handle where session_id = '${sessionId}'`
  for (let times = 0; times < 8; times++) {
    house.machine.clock.advance(300 * second)
    const again = await proofOf(device, challengeIn(await refreshing(here, sessionId)))
    assert.equal(await lives((await refreshing(there, sessionId, again)).setCookie as string), true)
  }
  const [{ count }] = (await house.db.asOwner(handles)) as [{ count: number }]
  assert.ok(count <= 3, `${count} handles`)
})

test('after a change of privilege no cookie of before serves for longer than other tabs need, refreshed ones neither', async () => {
  const { sessionId, cookie } = await bound()
  const proof = await proofOf(device, challengeIn(await refreshing(here, sessionId)))
  const next = (await refreshing(here, sessionId, proof)).setCookie as string
  const principal = (await whoIs(one, withCookie(next))) as UserPrincipal
  house.machine.clock.advance(20 * second)
  const rotated = await one.context.database.transaction((tx) =>
    one.sessions.rotate(tx, principal, { factors: ['otp'], head: head() }),
  )
  house.machine.clock.advance(10 * second)
  assert.deepEqual([await lives(cookie), await lives(next), await lives(rotated.cookie)], [false, false, true])
})

test('what an earlier session left in a browser does not take the place of whoever signed in there since', async () => {
  const left = await bound()
  const since = await signIn(one)
  const proof = await proofOf(device, challengeIn(await refreshing(here, left.sessionId)))
  const answer = await refreshing(here, left.sessionId, proof, since.cookie)
  assert.deepEqual([answer.status, answer.body, answer.setCookie], [200, { continue: false }, null])
  const [tossed, own] = ['__Host-custodia=x', left.cookie]
  for (const cookie of [tossed, own]) {
    house.machine.clock.advance(1)
    const good = await proofOf(device, challengeIn(await refreshing(here, left.sessionId)))
    assert.equal((await refreshing(there, left.sessionId, good, cookie)).status, 200)
  }
})

test('it is offered with the sign-in itself, by the public name alone', async () => {
  const begin = (host: string) =>
    one.context.database.transaction((tx) =>
      one.sessions.start(tx, {
        userId: newId('usr'),
        organisationId: newId('org'),
        factors: ['pwd'],
        head: head({ host }),
      }),
    )
  const { offer, cookie } = await begin('custodia.localhost')
  const [, challenge = ''] = /challenge="([^"]+)"/.exec(offer['secure-session-registration'] ?? '') ?? []
  const proof = await proofOf(device, challenge, { header: { jwk: device.jwk } })
  for (const host of ['127.0.0.1', 'localhost']) {
    assert.deepEqual((await begin(host)).offer, {})
    const answer = await here.browser(cookie).call('POST', register, undefined, {
      ...from,
      host,
      'secure-session-response': `"${proof}"`,
    })
    assert.notEqual(answer.status, 200, host)
  }
  assert.equal((await registering(here.browser(cookie), proof)).status, 200)
})

test('whoever is not signed in binds nothing', async () => {
  for (const path of [register, '/v1/sessions/bind/offer'])
    assert.equal((await here.browser().call('POST', path)).code, 'AUTHENTICATION_REQUIRED')
  const { cookie } = await bound()
  assert.equal(cookieOf(cookie).length, '__Host-custodia='.length + 43)
})
