import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isRefusal } from '../platform/errors.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Signed, TestHouse, TestProcess, TestServer } from './testing.ts'
import { head, openTestHouse, serve, signIn, testConfig, whoIs, withCookie } from './testing.ts'

const second = 1_000
const host = 'inbox.localhost'
const state = 's'.repeat(43)

let house: TestHouse
let one: TestProcess
let other: TestProcess
let servers: TestServer[]

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  other = await house.process()
  servers = [await serve(one, one.sessions.routes), await serve(other, other.sessions.routes)]
})
after(async () => {
  for (const server of servers) await server.close()
  await house.close()
})

const principalOf = async (cookie: string, process = one, at?: { host: string }) =>
  (await whoIs(process, withCookie(cookie, at))) as UserPrincipal
const rotate = (principal: UserPrincipal, factors = ['otp'], process = one) =>
  process.context.database.transaction((tx) => process.sessions.rotate(tx, principal, { factors, head: head() }))
/** Signed in a minute ago, and remembered by both processes. */
async function signedIn(): Promise<Signed & { principal: UserPrincipal }> {
  const signed = await signIn(one)
  house.machine.clock.advance(60 * second)
  for (const process of [one, other]) await whoIs(process, withCookie(signed.cookie))
  return { ...signed, principal: await principalOf(signed.cookie) }
}
const reach = async (principal: UserPrincipal) =>
  (await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state))?.cookie as string

test('the old cookie never has the new privilege, and after the grace it is worth nothing, in any process', async () => {
  const { cookie, principal } = await signedIn()
  const rotated = await rotate(principal)
  assert.notEqual(rotated.cookie, cookie)
  for (const process of [one, other]) assert.deepEqual(await principalOf(cookie, process), principal)
  house.machine.clock.advance(10 * second - 1)
  for (const process of [one, other]) assert.deepEqual(await principalOf(cookie, process), principal)
  house.machine.clock.advance(1)
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(cookie)), null)
})

test('the new cookie stands for the same session, with the factors of before and those of now', async () => {
  const { principal, sessionId } = await signedIn()
  const rotated = await rotate(principal, ['otp', 'pwd'])
  assert.equal(rotated.sessionId, sessionId)
  const found = { ...principal, factors: ['pwd', 'otp'], authenticatedAtMs: house.machine.clock.nowMs() }
  for (const process of [one, other]) assert.deepEqual(await principalOf(rotated.cookie, process), found)
  assert.deepEqual(house.events.findLast(({ type }) => type === 'sessions.session.rotated')?.data, {
    session: sessionId,
    factors: ['pwd', 'otp'],
  })
})

test('ten tabs that come with the old cookie while it is replaced: nobody is signed out, and none gains', async () => {
  for (let round = 0; round < 5; round++) {
    const { cookie, principal } = await signedIn()
    const tabs = Array.from({ length: 10 }, (_, i) =>
      (servers[i % 2] as TestServer).browser(cookie).call('GET', '/v1/sessions'),
    )
    const [rotated, ...answers] = await Promise.all([rotate(principal, ['otp'], round % 2 ? one : other), ...tabs])
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    for (const process of [one, other]) {
      assert.deepEqual((await principalOf(cookie, process)).factors, ['pwd'])
      assert.deepEqual((await principalOf(rotated.cookie, process)).factors, ['pwd', 'otp'])
    }
  }
})

test('ten tabs that prove a factor at once: whichever cookie the browser keeps, it goes on serving', async () => {
  const { cookie, principal } = await signedIn()
  const rotated = await Promise.all(
    Array.from({ length: 10 }, (_, i) => rotate(principal, ['otp'], i % 2 ? one : other)),
  )
  house.machine.clock.advance(60 * second)
  for (const { cookie: kept } of rotated) assert.deepEqual((await principalOf(kept)).factors, ['pwd', 'otp'])
  assert.equal(await whoIs(other, withCookie(cookie)), null)
})

test('the next change of privilege ends the cookies of all tabs before it', async () => {
  const { principal } = await signedIn()
  const tabs = [await rotate(principal), await rotate(principal)]
  house.machine.clock.advance(60 * second)
  const last = await rotate(await principalOf((tabs[0] as { cookie: string }).cookie), ['hwk'])
  house.machine.clock.advance(10 * second)
  for (const { cookie } of tabs) assert.equal(await whoIs(other, withCookie(cookie)), null)
  assert.equal(await whoIs(one, withCookie(last.cookie)), null, 'an old cookie after its grace holds the session')
})

test('a cookie that was replaced and is sent later was copied: the session is held, once', async () => {
  const { cookie, principal, organisationId, sessionId, userId } = await signedIn()
  const rotated = await rotate(principal)
  house.machine.clock.advance(11 * second)
  assert.equal(await whoIs(other, withCookie(cookie)), null)
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(rotated.cookie)), null)
  assert.deepEqual(house.events.findLast(({ type }) => type === 'sessions.session.held')?.data, {
    session: sessionId,
    why: 'replaced-cookie',
  })
  const again = await signIn(one, { userId, organisationId, head: withCookie(rotated.cookie) })
  assert.equal(await whoIs(other, withCookie(cookie)), null)
  assert.notEqual(await whoIs(other, withCookie(again.cookie)), null, 'the copy does not hold the next one')
})

test('a cookie of an application keeps serving as what it was, until a hand-over makes it worth more', async () => {
  const { principal } = await signedIn()
  const before = await reach(principal)
  const rotated = await principalOf((await rotate(principal)).cookie)
  house.machine.clock.advance(60 * second)
  assert.deepEqual((await principalOf(before, one, { host })).factors, ['pwd'])
  assert.deepEqual((await principalOf(before, one, { host })).authenticatedAtMs, principal.authenticatedAtMs)
  const more = await reach(rotated)
  for (const process of [one, other]) {
    assert.deepEqual(await principalOf(more, process, { host }), rotated)
    assert.deepEqual((await principalOf(before, process, { host })).factors, ['pwd'])
  }
  house.machine.clock.advance(10 * second)
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(before, { host })), null)
  assert.notEqual(await whoIs(one, withCookie(more, { host })), null)
})

test('a code that was asked for before the change is worth what its cookie was', async () => {
  const { principal } = await signedIn()
  const code = await one.sessions.handOver(principal, host, state)
  await rotate(principal)
  const there = await one.sessions.redeem(code, host, state)
  assert.deepEqual((await principalOf(there?.cookie as string, one, { host })).factors, ['pwd'])
})

test('a session that ended meanwhile can’t be rotated, and nothing is recorded', async () => {
  const { principal } = await signedIn()
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, principal.organisationId, principal.sessionId, 'tested', { kind: 'system' }),
  )
  const recorded = house.events.length
  await assert.rejects(rotate(principal), (error) => isRefusal(error, 'SESSIONS_OVER'))
  assert.equal(house.events.length, recorded)
})

test('a rotation that rolls back leaves the old cookie as it was', async () => {
  const { cookie, principal } = await signedIn()
  const work = one.context.database.transaction(async (tx) => {
    await one.sessions.rotate(tx, principal, { factors: ['otp'], head: head() })
    throw new Error('undone')
  })
  await assert.rejects(work, /undone/)
  house.machine.clock.advance(20 * second)
  assert.deepEqual(await principalOf(cookie), principal)
})

test('ending the session ends the cookies of before and after', async () => {
  const { cookie, principal } = await signedIn()
  const rotated = await rotate(principal)
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, principal.organisationId, principal.sessionId, 'tested', { kind: 'system' }),
  )
  for (const process of [one, other])
    for (const dead of [cookie, rotated.cookie]) assert.equal(await whoIs(process, withCookie(dead)), null)
})

test('no rotation reaches beyond the absolute end', async () => {
  let { cookie } = await signIn(one)
  const startedMs = house.machine.clock.nowMs()
  for (;;) {
    house.machine.clock.advance(15 * 60 * second)
    const principal = await whoIs(one, withCookie(cookie))
    if (principal === null) break
    cookie = (await rotate(principal)).cookie
  }
  assert.equal(house.machine.clock.nowMs() - startedMs, testConfig.absoluteTimeoutSeconds * second)
})
