import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Signed, TestHouse, TestProcess } from './testing.ts'
import { openTestHouse, signIn, whoIs, withCookie } from './testing.ts'

const host = 'inbox.localhost'
const state = 's'.repeat(43)

let house: TestHouse
let one: TestProcess
let signed: Signed
let principal: UserPrincipal

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  signed = await signIn(one)
  principal = (await whoIs(one, withCookie(signed.cookie))) as UserPrincipal
})
after(async () => await house.close())

test('a code gives the application’s host a cookie of its own for the same session', async () => {
  const code = await one.sessions.handOver(principal, host, state)
  const started = await one.sessions.redeem(code, host, state)
  assert.equal(started?.sessionId, signed.sessionId)
  assert.notEqual(started.cookie, signed.cookie)
  assert.deepEqual(await whoIs(one, withCookie(started.cookie, { host })), principal)
  for (const elsewhere of ['custodia.localhost', 'notes.localhost', '127.0.0.1'])
    assert.equal(await whoIs(one, withCookie(started.cookie, { host: elsewhere })), null)
})

test('a code works once: of fifty who bring it at once one gets a cookie', async () => {
  const code = await one.sessions.handOver(principal, host, state)
  const answers = await Promise.all(Array.from({ length: 50 }, () => one.sessions.redeem(code, host, state)))
  assert.equal(answers.filter((answer) => answer !== null).length, 1)
})

test('a code on another host or without the browser’s state gives nothing, and is used up by that', async () => {
  for (const [otherHost, otherState] of [
    ['notes.localhost', state],
    [host, 't'.repeat(43)],
    [host, ''],
    ['', state],
  ] as const) {
    const code = await one.sessions.handOver(principal, host, state)
    assert.equal(await one.sessions.redeem(code, otherHost, otherState), null)
    if (otherState.length === 43) assert.equal(await one.sessions.redeem(code, host, state), null)
  }
})

test('a code is worth nothing after a minute', async () => {
  const code = await one.sessions.handOver(principal, host, state)
  house.machine.clock.advance(60_000)
  assert.equal(await one.sessions.redeem(code, host, state), null)
})

test('a code that nobody gave out is worth nothing', async () => {
  const code = await one.sessions.handOver(principal, host, state)
  for (const forged of [
    '',
    'A'.repeat(43),
    code.slice(0, -1),
    `${code}A`,
    code.repeat(1_000),
    `sessions.hand-over:${code}`,
  ])
    assert.equal(await one.sessions.redeem(forged, host, state), null)
})

test('a code whose session ended meanwhile is worth nothing', async () => {
  const brief = await signIn(one)
  const who = (await whoIs(one, withCookie(brief.cookie))) as UserPrincipal
  const code = await one.sessions.handOver(who, host, state)
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, who.organisationId, who.sessionId, 'tested', { kind: 'system' }),
  )
  assert.equal(await one.sessions.redeem(code, host, state), null)
})

test('ending a session ends its cookies on every host', async () => {
  const brief = await signIn(one)
  const who = (await whoIs(one, withCookie(brief.cookie))) as UserPrincipal
  const there = await one.sessions.redeem(await one.sessions.handOver(who, host, state), host, state)
  assert.ok(there !== null)
  assert.notEqual(await whoIs(one, withCookie(there.cookie, { host })), null)
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, who.organisationId, who.sessionId, 'tested', { kind: 'system' }),
  )
  assert.equal(await whoIs(one, withCookie(there.cookie, { host })), null)
})

test('two tabs that arrive at once both stay in, and old cookies of one host do not pile up', async () => {
  const arrive = async () => {
    house.machine.clock.advance(1)
    return await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state)
  }
  const cookies = []
  for (let tab = 0; tab < 6; tab++) cookies.push((await arrive())?.cookie as string)
  const alive = await Promise.all(
    cookies.map(async (cookie) => (await whoIs(one, withCookie(cookie, { host }))) !== null),
  )
  assert.deepEqual(alive, [false, false, true, true, true, true])
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
})

test('the shared cache holds neither code nor state', async () => {
  const kept: string[] = []
  const cache = one.context.cache
  const set = cache.set.bind(cache)
  cache.set = async (key, value, ttl) => {
    kept.push(key, value)
    await set(key, value, ttl)
  }
  const code = await one.sessions.handOver(principal, host, state)
  cache.set = set
  assert.equal(kept.length, 2)
  for (const secret of [code, state]) assert.equal(kept.join().includes(secret), false)
})
