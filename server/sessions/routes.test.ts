import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Session } from '@custodia/wire/http/sessions.ts'
import { newId } from '../platform/random.ts'
import type { Signed, TestHouse, TestProcess, TestServer } from './testing.ts'
import { openTestHouse, serve, signIn, whoIs, withCookie } from './testing.ts'

const system = { kind: 'system' } as const
const organisationId = newId('org')

let house: TestHouse
let one: TestProcess
let server: TestServer
let administrator: Signed
let member: Signed

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  server = await serve(one, one.sessions.routes)
  administrator = await signIn(one, { organisationId })
  member = await signIn(one, { organisationId })
  await one.context.database.transaction((tx) =>
    one.access.setRoles(tx, {
      organisationId,
      subjectId: administrator.userId,
      roles: ['administrator'],
      by: null,
      actor: system,
    }),
  )
})
after(async () => {
  await server.close()
  await house.close()
})

const sessionsIn = (answer: { body: Record<string, unknown> }) => answer.body.items as Session[]

test('a person sees their own sessions, and which of them asks', async () => {
  const person = await signIn(one)
  const here = await signIn(one, person)
  const from = { 'x-forwarded-for': '192.0.2.7' }
  const answer = await server.browser(here.cookie).call('GET', '/v1/sessions', undefined, from)
  assert.equal(answer.status, 200)
  const items = sessionsIn(answer)
  assert.deepEqual(new Set(items.map((item) => item.id)), new Set([person.sessionId, here.sessionId]))
  const asking = items.find((item) => item.current)
  assert.equal(asking?.id, here.sessionId)
  assert.partialDeepStrictEqual(asking, {
    address: '192.0.2.7',
    device: 'Firefox on Linux',
    applications: [],
    factors: ['pwd'],
    assurance: 'one-factor',
    place: { network: '192.0.2.0/24', country: null },
    drift: null,
    held: null,
  })
})

test('applications that a session reached are named', async () => {
  const person = await signIn(one)
  const principal = await whoIs(one, withCookie(person.cookie))
  assert.ok(principal !== null)
  const state = 's'.repeat(43)
  for (const host of ['notes.localhost', 'inbox.localhost', 'inbox.localhost'])
    await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state)
  const [item] = sessionsIn(await server.browser(person.cookie).call('GET', '/v1/sessions'))
  assert.deepEqual(item?.applications, ['inbox.localhost', 'notes.localhost'])
})

test('whoever is not signed in sees and ends nothing', async () => {
  const calls = [
    ['GET', '/v1/sessions'],
    ['GET', `/v1/users/${member.userId}/sessions`],
    ['DELETE', `/v1/sessions/${member.sessionId}`],
    ['DELETE', '/v1/sessions'],
    ['DELETE', `/v1/users/${member.userId}/sessions`],
    ['POST', '/v1/sessions/end-others'],
  ] as const
  for (const [method, path] of calls)
    assert.deepEqual((await server.browser().call(method, path)).code, 'AUTHENTICATION_REQUIRED', path)
  assert.notEqual(await whoIs(one, withCookie(member.cookie)), null)
})

test('somebody else’s sessions are seen with the permission, and only in one’s own organisation', async () => {
  const foreign = await signIn(one)
  const admin = server.browser(administrator.cookie)
  assert.equal(sessionsIn(await admin.call('GET', `/v1/users/${member.userId}/sessions`)).length, 1)
  assert.deepEqual(sessionsIn(await admin.call('GET', `/v1/users/${foreign.userId}/sessions`)), [])
  const refused = await server.browser(member.cookie).call('GET', `/v1/users/${administrator.userId}/sessions`)
  assert.equal(refused.code, 'ACCESS_DENIED')
})

test('a session is ended by its person, or with the permission, and then refused at once', async () => {
  const [own, byAdmin] = [await signIn(one, member), await signIn(one, member)]
  const browser = server.browser(member.cookie)
  assert.equal((await browser.call('DELETE', `/v1/sessions/${own.sessionId}`)).status, 204)
  const admin = server.browser(administrator.cookie)
  assert.equal((await admin.call('DELETE', `/v1/sessions/${byAdmin.sessionId}`)).status, 204)
  for (const ended of [own, byAdmin])
    assert.equal((await server.browser(ended.cookie).call('GET', '/v1/sessions')).code, 'AUTHENTICATION_REQUIRED')
  const again = await admin.call('DELETE', `/v1/sessions/${byAdmin.sessionId}`)
  assert.deepEqual([again.status, again.code], [404, 'SESSIONS_UNKNOWN'])
})

test('a session that one may not end looks like one that does not exist', async () => {
  const foreign = await signIn(one)
  const answers = [
    await server.browser(member.cookie).call('DELETE', `/v1/sessions/${administrator.sessionId}`),
    await server.browser(administrator.cookie).call('DELETE', `/v1/sessions/${foreign.sessionId}`),
    await server.browser(administrator.cookie).call('DELETE', `/v1/sessions/${newId('ses')}`),
  ]
  for (const { status, code, body } of answers) {
    assert.deepEqual([status, code], [404, 'SESSIONS_UNKNOWN'])
    assert.deepEqual({ ...body, requestId: '' }, { ...answers[0]?.body, requestId: '' })
  }
  for (const alive of [administrator, foreign]) assert.notEqual(await whoIs(one, withCookie(alive.cookie)), null)
})

test('ending the others leaves the one that asks', async () => {
  const person = await signIn(one)
  const here = await signIn(one, person)
  const browser = server.browser(here.cookie)
  const { status, body } = await browser.call('POST', '/v1/sessions/end-others')
  assert.deepEqual([status, body], [200, { ended: 1 }])
  assert.equal(await whoIs(one, withCookie(person.cookie)), null)
  assert.equal(sessionsIn(await browser.call('GET', '/v1/sessions')).length, 1)
})

test('signing out everywhere ends this one too and takes its cookie, and nobody else’s', async () => {
  const person = await signIn(one)
  const here = await signIn(one, person)
  const bystander = await signIn(one)
  const browser = server.browser(here.cookie)
  const answer = await browser.call('DELETE', '/v1/sessions')
  assert.deepEqual([answer.status, answer.body], [200, { ended: 2 }])
  assert.match(answer.setCookie ?? '', /^__Host-custodia=; .*Max-Age=0$/)
  for (const { cookie } of [person, here]) assert.equal(await whoIs(one, withCookie(cookie)), null)
  assert.notEqual(await whoIs(one, withCookie(bystander.cookie)), null)
  assert.equal(house.events.filter(({ type }) => type === 'sessions.sessions.ended-all').at(-1)?.data.ended, 2)
})

test('all of somebody’s sessions are ended with the permission, and only in one’s own organisation', async () => {
  const target = await signIn(one, { organisationId })
  const foreign = await signIn(one)
  const path = (userId: string) => `/v1/users/${userId}/sessions`
  const refused = await server.browser(member.cookie).call('DELETE', path(target.userId))
  assert.equal(refused.code, 'ACCESS_DENIED')
  const admin = server.browser(administrator.cookie)
  assert.deepEqual((await admin.call('DELETE', path(foreign.userId))).body, { ended: 0 })
  for (const { cookie } of [target, foreign]) assert.notEqual(await whoIs(one, withCookie(cookie)), null)
  assert.deepEqual((await admin.call('DELETE', path(target.userId))).body, { ended: 1 })
  assert.equal(await whoIs(one, withCookie(target.cookie)), null)
  assert.equal((await admin.call('DELETE', path('usr_x'))).status, 400)
})

test('signing out ends the session and takes the cookie; doing it twice does no harm', async () => {
  const person = await signIn(one)
  const browser = server.browser(person.cookie)
  for (let twice = 0; twice < 2; twice++) {
    const answer = await browser.call('POST', '/v1/sign-out')
    assert.equal(answer.status, 204)
    assert.match(answer.setCookie ?? '', /^__Host-custodia=; .*Max-Age=0$/)
  }
  assert.equal(await whoIs(one, withCookie(person.cookie)), null)
})

test('another site can’t sign a person out', async () => {
  const person = await signIn(one)
  const answer = await server.browser(person.cookie).call('POST', '/v1/sign-out', undefined, {
    'sec-fetch-site': 'cross-site',
  })
  assert.equal(answer.code, 'CROSS_SITE_REFUSED')
  assert.notEqual(await whoIs(one, withCookie(person.cookie)), null)
})

test('a malformed identifier is refused before anything is looked up', async () => {
  const admin = server.browser(administrator.cookie)
  for (const id of ['ses_x', `ses_${'a'.repeat(27)}`, "ses_'--", '%00', 'a'.repeat(300)])
    assert.equal((await admin.call('DELETE', `/v1/sessions/${id}`)).status, 400, id.slice(0, 30))
})
