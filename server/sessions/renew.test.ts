import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { Signed, TestHouse, TestProcess, TestServer } from './testing.ts'
import { head, openTestHouse, serve, signIn, whoIs, withCookie } from './testing.ts'

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

/** Signed in a minute ago, and remembered by both processes. */
async function signedIn(): Promise<Signed> {
  const signed = await signIn(one)
  house.machine.clock.advance(60 * second)
  for (const process of [one, other]) await whoIs(process, withCookie(signed.cookie))
  return signed
}
const change = ({ organisationId, userId }: Signed, raised = true, process = one) =>
  process.context.database.transaction((tx) => process.sessions.rotateAll(tx, { organisationId, userId }, { raised }))
/** Sends a cookie, and takes what comes back in its place. */
const send = async (cookie: string, process = other) => {
  const request = withCookie(cookie)
  const principal = await whoIs(process, request)
  return { principal, cookie: process.sessions.renewal(request) }
}
const renewed = async (cookie: string, process = other) => {
  const { cookie: next } = await send(cookie, process)
  assert.ok(next !== null && next !== cookie)
  return next
}
const ask = (server: number, cookie: string) =>
  (servers[server] as TestServer).browser(cookie).call('GET', '/v1/sessions')
const heldWhy = async (cookie: string) => {
  const request = withCookie(cookie)
  await whoIs(one, request)
  return one.sessions.whyNobody(request)?.details.why ?? null
}

test('the next request gets a new cookie for the same session; once it came back the old one has ten seconds, in every process', async () => {
  const signed = await signedIn()
  assert.equal(await change(signed), 1)
  const next = await renewed(signed.cookie)
  assert.equal((await send(signed.cookie)).cookie, null, 'one is given a new cookie')
  const arrived = await send(next, one)
  assert.deepEqual([arrived.principal?.sessionId, arrived.cookie], [signed.sessionId, null])
  house.machine.clock.advance(10 * second - 1)
  for (const process of [one, other]) assert.notEqual((await send(signed.cookie, process)).principal, null)
  house.machine.clock.advance(1)
  assert.equal(
    house.events.filter(({ type, data }) => type === 'sessions.session.renewed' && data.session === signed.sessionId)
      .length,
    1,
  )
  for (const process of [one, other])
    assert.deepEqual(await send(signed.cookie, process), { principal: null, cookie: null })
  assert.equal(await heldWhy(next), 'replaced-cookie', 'who still sends the old one copied it')
})

test('ten tabs through two processes: nobody is signed out, one cookie is handed out, and it goes on serving', async () => {
  for (let round = 0; round < 3; round++) {
    const signed = await signedIn()
    await change(signed, round % 2 === 0)
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i % 2, signed.cookie)))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const cookies = answers.flatMap(({ setCookie }) => (setCookie === null ? [] : [setCookie]))
    assert.equal(cookies.length, 1)
    const more = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i % 2, cookies[0] as string)))
    assert.deepEqual([...new Set(more.map(({ status, setCookie }) => `${status} ${setCookie}`))], ['200 null'])
    house.machine.clock.advance(60 * second)
    assert.equal((await ask(0, cookies[0] as string)).status, 200)
  }
})

test('an answer that is lost signs nobody out: the old cookie is given another one, and the lost one is worth nothing then', async () => {
  const signed = await signedIn()
  await change(signed)
  const lost = await renewed(signed.cookie)
  house.machine.clock.advance(10 * second - 1)
  assert.equal((await send(signed.cookie)).cookie, null)
  house.machine.clock.advance(1)
  const next = await renewed(signed.cookie)
  assert.notEqual((await send(next)).principal, null)
  house.machine.clock.advance(10 * second)
  assert.equal((await send(lost)).principal, null)
})

test('of thief and owner who were each given a cookie, the second to use theirs has the session held', async () => {
  const signed = await signedIn()
  await change(signed)
  const owners = await renewed(signed.cookie)
  house.machine.clock.advance(20 * second)
  const thiefs = await renewed(signed.cookie)
  assert.notEqual((await send(owners)).principal, null)
  house.machine.clock.advance(10 * second)
  assert.equal((await send(thiefs)).principal, null)
  assert.equal(await heldWhy(owners), 'replaced-cookie')
})

test('whoever never takes a new cookie does not keep the old one by that', async () => {
  const signed = await signedIn()
  await change(signed)
  for (let times = 0; times < 5; times++) {
    await renewed(signed.cookie)
    house.machine.clock.advance(10 * second)
  }
  assert.deepEqual(await send(signed.cookie), { principal: null, cookie: null })
  const rows = await house.db.asOwner(
    `select count(*)::int as n from sessions.handle where session_id = '${signed.sessionId}'`,
  )
  assert.ok(Number(rows[0]?.n) <= 6)
})

test('whoever may do more has nothing fresh until they prove again, by cookies of before and after, here and at applications', async () => {
  const signed = await signedIn()
  const principal = (await whoIs(one, withCookie(signed.cookie))) as UserPrincipal
  const reach = async (by: UserPrincipal) =>
    (await one.sessions.redeem(await one.sessions.handOver(by, host, state), host, state))?.cookie as string
  const inbox = await reach(principal)
  assert.equal(principal.stale, undefined)
  await change(signed)
  const next = await renewed(signed.cookie)
  for (const process of [one, other])
    for (const cookie of [signed.cookie, next])
      assert.equal((await send(cookie, process)).principal?.stale, 'privileges')
  assert.equal((await whoIs(other, withCookie(inbox, { host })))?.stale, 'privileges')
  house.machine.clock.advance(10 * second)
  assert.equal(await whoIs(other, withCookie(inbox, { host })), null, 'it is handed over anew')
  const again = (await send(next)).principal as UserPrincipal
  assert.equal((await whoIs(other, withCookie(await reach(again), { host })))?.stale, 'privileges')

  const { cookie } = await one.context.database.transaction((tx) =>
    one.sessions.rotate(tx, again, { factors: ['pwd'], head: head() }),
  )
  assert.equal((await send(cookie)).principal?.stale, undefined)
})

test('whoever may do less keeps what is fresh and their applications, and has a new cookie all the same', async () => {
  const signed = await signedIn()
  const principal = (await whoIs(one, withCookie(signed.cookie))) as UserPrincipal
  const inbox = (await one.sessions.redeem(await one.sessions.handOver(principal, host, state), host, state))
    ?.cookie as string
  await change(signed, false)
  const next = await renewed(signed.cookie)
  assert.equal((await send(next)).principal?.stale, undefined)
  house.machine.clock.advance(11 * second)
  assert.notEqual(await whoIs(other, withCookie(inbox, { host })), null)
  assert.equal((await send(signed.cookie)).principal, null)
})

test('changed again before the new cookie came back, that one is replaced as well', async () => {
  const signed = await signedIn()
  await change(signed)
  const first = await renewed(signed.cookie)
  house.machine.clock.advance(5 * second)
  await change(signed, false, other)
  const next = await renewed(first)
  assert.equal((await send(next)).principal?.stale, 'privileges')
  house.machine.clock.advance(10 * second)
  for (const cookie of [signed.cookie, first]) assert.equal((await send(cookie)).principal, null)
})

test('sessions of others and of other organisations are left alone, and those that are over stay over', async () => {
  const signed = await signedIn()
  const stranger = await signedIn()
  assert.equal(await change({ ...signed, organisationId: stranger.organisationId }), 0)
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, signed.organisationId, signed.sessionId, 'ended', { kind: 'system' }),
  )
  assert.equal(await change(signed), 0)
  assert.deepEqual(await send(signed.cookie), { principal: null, cookie: null })
  assert.equal((await send(stranger.cookie)).cookie, null)
})

test('a change that is rolled back replaces nothing', async () => {
  const signed = await signedIn()
  await assert.rejects(
    one.context.database.transaction(async (tx) => {
      await one.sessions.rotateAll(tx, signed, { raised: true })
      throw new Error('the change failed')
    }),
  )
  const { principal, cookie } = await send(signed.cookie)
  assert.deepEqual([principal?.stale, cookie], [undefined, null])
})
