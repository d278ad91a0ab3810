import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Session } from '@custodia/wire/http/sessions.ts'
import { isRefusal } from '../platform/errors.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { TestHouse, TestProcess, TestServer } from './testing.ts'
import { firefox, head, openTestHouse, serve, signIn, whoIs, withCookie } from './testing.ts'

const chrome = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
}
const onWindows = { 'user-agent': firefox['user-agent'].replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64') }
const newer = { 'user-agent': firefox['user-agent'].replaceAll('128', '129') }
const host = 'inbox.localhost'
const state = 's'.repeat(43)

let house: TestHouse
let one: TestProcess
let other: TestProcess
let here: TestServer
let there: TestServer

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  other = await house.process()
  here = await serve(one, one.sessions.routes)
  there = await serve(other, other.sessions.routes)
})
after(async () => {
  await Promise.all([here.close(), there.close()])
  await house.close()
})

const eventsOf = (name: string, sessionId: string) =>
  house.events.filter(({ type, data }) => type === `sessions.session.${name}` && data.session === sessionId)
const looking = (cookie: string, fields: Partial<RequestHead>) => withCookie(cookie, fields)
const list = async (server: TestServer, cookie: string, headers = {}) => {
  const answer = await server.browser(cookie).call('GET', '/v1/sessions', undefined, headers)
  return { ...answer, items: answer.body.items as Session[] }
}

test('a cookie replayed from another browser is stopped on the first request, and its owner too until they prove a factor', async () => {
  for (const [thief, headers] of [
    [here, chrome],
    [there, onWindows],
    [there, { 'user-agent': 'curl/8.5.0' }],
    [there, { 'user-agent': '' }],
  ] as const) {
    const { cookie, sessionId } = await signIn(one)
    for (const server of [here, there]) assert.equal((await list(server, cookie)).status, 200)
    const stolen = await list(thief, cookie, headers)
    assert.deepEqual([stolen.status, stolen.code], [401, 'SESSIONS_HELD'])
    for (const server of [here, there]) assert.equal((await list(server, cookie)).code, 'SESSIONS_HELD')
    assert.deepEqual(
      eventsOf('held', sessionId).map(({ data }) => data.why),
      ['other-browser'],
    )
  }
})

test('it is stopped also where the owner’s process never saw the cookie, and while the bus is lost', async () => {
  const deaf = await house.process()
  await deaf.context.bus.close()
  const { cookie } = await signIn(one)
  assert.equal(await whoIs(deaf, looking(cookie, { headers: chrome })), null)
  assert.equal(await whoIs(deaf, withCookie(cookie)), null)
})

test('of ten thieves at once one holds the session, and none gets in', async () => {
  const { cookie, sessionId } = await signIn(one)
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => list(i % 2 ? here : there, cookie, i % 3 ? chrome : onWindows)),
  )
  assert.deepEqual([...new Set(answers.map(({ code }) => code))], ['SESSIONS_HELD'])
  assert.equal(eventsOf('held', sessionId).length, 1)
})

test('the address and the device that sent it are in the ledger for its owner alone', async () => {
  const { cookie, sessionId, userId } = await signIn(one)
  await whoIs(other, looking(cookie, { headers: chrome, address: '203.0.113.9' }))
  const [held] = eventsOf('held', sessionId)
  assert.equal(held?.subjectId, userId)
  assert.deepEqual(held?.actor, { kind: 'anonymous' })
  assert.deepEqual(held?.personal, { address: '203.0.113.9', device: 'Chrome on Linux' })
})

test('a held session hands nothing over, has no expiry, and whoever listens hears that it is over', async () => {
  const { cookie, sessionId } = await signIn(one)
  const principal = (await whoIs(one, withCookie(cookie))) as UserPrincipal
  const code = await one.sessions.handOver(principal, host, state)
  const reached = await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state)
  const heard: (string | null)[] = []
  const stop = other.sessions.onEnd((id) => heard.push(id))
  await whoIs(one, looking(cookie, { headers: chrome }))
  stop()
  assert.deepEqual(heard, [sessionId])
  assert.equal(await one.sessions.redeem(code, host, state), null)
  assert.equal(await one.sessions.expiry(sessionId), null)
  assert.equal(await whoIs(other, withCookie(reached?.cookie as string, { host })), null)
  await assert.rejects(
    one.context.database.transaction((tx) => one.sessions.rotate(tx, principal, { factors: ['otp'], head: head() })),
    (error) => isRefusal(error, 'SESSIONS_OVER'),
  )
})

test('a copied cookie of an application’s host holds the session as well', async () => {
  const { cookie } = await signIn(one)
  const principal = (await whoIs(one, withCookie(cookie))) as UserPrincipal
  const reached = await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state)
  assert.equal(await whoIs(one, looking(reached?.cookie as string, { host, headers: chrome })), null)
  assert.equal(await whoIs(one, withCookie(cookie)), null)
})

test('routes for anybody answer a held session as if nobody were signed in, so that its person can sign in', async () => {
  const { cookie } = await signIn(one)
  await whoIs(one, looking(cookie, { headers: chrome }))
  assert.equal((await here.browser(cookie).call('POST', '/v1/sign-out')).status, 204)
})

test('a new sign-in of its person ends the held session; one of somebody else does not', async () => {
  const signed = await signIn(one)
  await whoIs(one, looking(signed.cookie, { headers: chrome }))
  const carrying = withCookie(signed.cookie)
  await signIn(one, { head: carrying })
  assert.equal(eventsOf('ended', signed.sessionId).length, 0)
  const again = await signIn(one, { ...signed, head: carrying })
  assert.equal((await list(here, signed.cookie)).code, 'AUTHENTICATION_REQUIRED')
  assert.equal(eventsOf('ended', signed.sessionId)[0]?.data.why, 'replaced')
  assert.notEqual(await whoIs(other, withCookie(again.cookie)), null)
})

test('another network or version is noted once per change, and the list says so', async () => {
  const { cookie, sessionId } = await signIn(one)
  const request = (fields: Partial<RequestHead>) =>
    [one, other].map((process) => whoIs(process, looking(cookie, fields)))
  const moved = { address: '198.51.100.7' }
  for (let again = 0; again < 3; again++)
    for (const found of await Promise.all([...request(moved), ...request(moved), ...request({})])) assert.ok(found)
  assert.deepEqual(
    eventsOf('drifted', sessionId).map(({ data }) => data.changed),
    [['network']],
  )
  for (const found of await Promise.all(request({ ...moved, headers: newer }))) assert.ok(found)
  assert.equal(eventsOf('drifted', sessionId).length, 2)
  const { items } = await list(here, cookie, { ...newer, 'x-forwarded-for': moved.address })
  assert.deepEqual(items.find(({ id }) => id === sessionId)?.drift?.changed, ['version'])
  assert.equal(eventsOf('held', sessionId).length, 0)
})

test('an address of the same network is no drift, and is answered from memory the next time', async () => {
  const { cookie, sessionId } = await signIn(one)
  const neighbour = looking(cookie, { address: '192.0.2.99' })
  await whoIs(one, withCookie(cookie))
  await whoIs(one, neighbour)
  for (const request of [neighbour, withCookie(cookie)])
    assert.equal(one.sessions.authenticate(request) instanceof Promise, false)
  assert.equal(eventsOf('drifted', sessionId).length, 0)
})

test('however many networks a session is carried through, few are kept', async () => {
  const { cookie, sessionId } = await signIn(one)
  for (let n = 0; n < 12; n++) await whoIs(one, looking(cookie, { address: `198.51.${n}.1` }))
  const [row] = await house.db.asOwner(
    `select cardinality(networks) as kept from sessions.session where id = '${sessionId}'`,
  )
  assert.equal(row?.kept, 8)
})

test('the list shows a held session to whoever looks from elsewhere, and it can be ended', async () => {
  const signed = await signIn(one)
  const elsewhere = await signIn(one, signed)
  await whoIs(one, looking(signed.cookie, { headers: chrome }))
  const { items } = await list(there, elsewhere.cookie)
  assert.equal(items.find(({ id }) => id === signed.sessionId)?.held?.why, 'other-browser')
  assert.equal(items.find(({ current }) => current)?.held, null)
  const answer = await there.browser(elsewhere.cookie).call('DELETE', `/v1/sessions/${signed.sessionId}`)
  assert.equal(answer.status, 204)
})

test('where the configuration says so, another browser is noted and not held', async () => {
  const lenient = await house.process({ config: { onOtherBrowser: 'note' } as never })
  const { cookie, sessionId } = await signIn(lenient)
  assert.notEqual(await whoIs(lenient, looking(cookie, { headers: chrome })), null)
  assert.deepEqual(
    eventsOf('drifted', sessionId).map(({ data }) => data.changed),
    [['browser', 'version']],
  )
})

test('a session of before anything was noted is not compared', async () => {
  const { cookie, sessionId } = await signIn(one)
  await house.db.asOwner(`update sessions.session set browser_hash = null where id = '${sessionId}'`)
  assert.notEqual(await whoIs(one, looking(cookie, { headers: chrome })), null)
})

test('neither the browser nor the network can be read from the database', async () => {
  const { sessionId } = await signIn(one)
  const dump = JSON.stringify(
    await house.db.asOwner(`select s::text as s from sessions.session s where id = '${sessionId}'`),
  )
  for (const plain of ['Firefox', '192.0.2']) {
    assert.equal(dump.includes(plain), false)
    assert.equal(dump.includes(Buffer.from(plain).toString('hex')), false)
  }
})
