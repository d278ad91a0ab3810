import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sessions } from './module.ts'
import type { TestHouse, TestProcess } from './testing.ts'
import { cookieOf, head, openTestHouse, signIn, startModule, testConfig, whoIs, withCookie } from './testing.ts'

const minute = 60_000
const system = { kind: 'system' } as const

let house: TestHouse
let one: TestProcess
let other: TestProcess

before(async () => {
  house = await openTestHouse()
  one = await house.process()
  other = await house.process()
})
after(async () => await house.close())

const end = (process: TestProcess, session: { organisationId: string; sessionId: string }) =>
  process.context.database.transaction((tx) =>
    process.sessions.end(tx, session.organisationId, session.sessionId, 'tested', system),
  )
const rows = (id: string) => house.db.asOwner(`select * from sessions.session where id = '${id}'`)

test('a session speaks for its person, with the factors that were proven and when', async () => {
  const signed = await signIn(one)
  const found = await whoIs(one, withCookie(signed.cookie))
  assert.deepEqual(found, {
    kind: 'user',
    id: signed.userId,
    organisationId: signed.organisationId,
    roles: [],
    sessionId: signed.sessionId,
    factors: ['pwd'],
    authenticatedAtMs: house.machine.clock.nowMs(),
  })
  assert.deepEqual(await whoIs(other, withCookie(signed.cookie)), found)
})

test('a remembered session is answered without waiting', async () => {
  const signed = await signIn(one)
  await whoIs(one, withCookie(signed.cookie))
  assert.equal(one.sessions.authenticate(withCookie(signed.cookie)) instanceof Promise, false)
})

test('the cookie is host-only, secure, kept from scripts, and not sent across sites', async () => {
  const { cookie } = await signIn(one)
  assert.match(cookie, /^__Host-custodia=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  assert.match(one.sessions.clearCookie, /^__Host-custodia=; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0$/)
})

test('nothing in the database or in the ledger is the cookie, the address or the device', async () => {
  const signed = await signIn(one)
  const token = cookieOf(signed.cookie).split('=')[1] as string
  const dump = JSON.stringify(
    await house.db.asOwner('select s::text as s, h::text as h from sessions.session s join sessions.handle h on true'),
  )
  const hex = (text: string) => Buffer.from(text).toString('hex')
  for (const secret of [token, '192.0.2.7', 'Firefox']) {
    assert.equal(dump.includes(secret) || dump.includes(hex(secret)), false)
  }
  assert.equal(dump.includes(Buffer.from(token, 'base64url').toString('hex')), false)
  assert.equal(JSON.stringify(house.events.map((event) => event.data)).includes(token), false)
  assert.equal(JSON.stringify(house.machine.lines).includes(token), false)
})

test('a cookie that was forged, cut off or lengthened speaks for nobody', async () => {
  const { cookie } = await signIn(one)
  const good = cookieOf(cookie)
  const last = good.at(-1) === 'A' ? 'B' : 'A'
  for (const bad of [good.slice(0, -1), `${good}A`, good.slice(0, -1) + last, '__Host-custodia=', good.toLowerCase()])
    assert.equal(await whoIs(one, head({ headers: { cookie: bad } })), null, bad.slice(0, 20))
})

test('two cookies of the name speak for nobody, whichever stands first', async () => {
  const [mine, tossed] = [await signIn(one), await signIn(one)].map((signed) => cookieOf(signed.cookie))
  for (const cookie of [`${mine}; ${tossed}`, `${tossed}; ${mine}`, `${mine}; ${mine}`, `${mine}; __Host-custodia=x`])
    assert.equal(await whoIs(one, head({ headers: { cookie } })), null)
})

test('a cookie of Custodia’s own host works on no application’s host', async () => {
  const { cookie } = await signIn(one)
  const elsewhere = withCookie(cookie, { host: 'inbox.localhost' })
  assert.equal(await whoIs(one, elsewhere), null)
  assert.notEqual(await whoIs(one, withCookie(cookie)), null)
  assert.equal(await whoIs(one, elsewhere), null, 'neither once it is remembered')
})

test('every sign-in makes a token that nobody held before', async () => {
  const first = await signIn(one)
  const fixed = withCookie(first.cookie)
  const started = await one.context.database.transaction((tx) =>
    one.sessions.start(tx, { ...first, factors: ['pwd'], head: fixed }),
  )
  assert.notEqual(started.cookie, first.cookie)
  assert.notEqual(started.sessionId, first.sessionId)
})

test('a session that is not used ends when its idle time is over, remembered or not', async () => {
  const signed = await signIn(one)
  house.machine.clock.advance(29 * minute)
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
  house.machine.clock.advance(testConfig.idleTimeoutSeconds * 1000 - 1)
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
  house.machine.clock.advance(testConfig.idleTimeoutSeconds * 1000)
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(signed.cookie)), null)
  assert.equal(await one.sessions.expiry(signed.sessionId), null)
})

test('what is remembered is believed not a moment beyond the expiry', async () => {
  const signed = await signIn(one)
  const idleMs = testConfig.idleTimeoutSeconds * 1000
  await house.db.asOwner(
    `update sessions.session set last_used_at = to_timestamp(${(house.machine.clock.nowMs() + idleMs) / 1000})
     where id = '${signed.sessionId}'`,
  )
  house.machine.clock.advance(idleMs - 1000)
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
  assert.equal(one.sessions.authenticate(withCookie(signed.cookie)) instanceof Promise, false)
  house.machine.clock.advance(1000)
  assert.equal(await whoIs(one, withCookie(signed.cookie)), null)
})

test('a session ends when its absolute time is over, however much it is used', async () => {
  const signed = await signIn(one)
  const startedMs = house.machine.clock.nowMs()
  for (let used = 0; used < 48; used++) {
    assert.notEqual(await whoIs(used % 2 ? one : other, withCookie(signed.cookie)), null, `after ${used} quarters`)
    const expiry = await one.sessions.expiry(signed.sessionId)
    assert.ok(expiry !== null && expiry.getTime() <= startedMs + testConfig.absoluteTimeoutSeconds * 1000)
    house.machine.clock.advance(15 * minute)
  }
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(signed.cookie)), null)
})

test('what one process writes keeps the session alive in the others', async () => {
  const signed = await signIn(one)
  await whoIs(one, withCookie(signed.cookie))
  for (let used = 0; used < 3; used++) {
    house.machine.clock.advance(20 * minute)
    assert.notEqual(await whoIs(other, withCookie(signed.cookie)), null)
  }
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
})

test('use is written down at most once a minute', async () => {
  const signed = await signIn(one)
  const startedAt = new Date(house.machine.clock.nowMs())
  for (let second = 0; second < 59; second++) {
    house.machine.clock.advance(1000)
    await whoIs(one, withCookie(signed.cookie))
    await whoIs(other, withCookie(signed.cookie))
  }
  assert.deepEqual((await rows(signed.sessionId))[0]?.last_used_at, startedAt)
  house.machine.clock.advance(60_000)
  await whoIs(one, withCookie(signed.cookie))
  assert.deepEqual((await rows(signed.sessionId))[0]?.last_used_at, new Date(house.machine.clock.nowMs()))
})

test('a session that was ended is refused on the very next request, in every process', async () => {
  const signed = await signIn(one)
  for (const process of [one, other]) await whoIs(process, withCookie(signed.cookie))
  assert.equal(await end(one, signed), true)
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(signed.cookie)), null)
  assert.equal(await end(one, signed), false, 'it ends once')
})

test('an end that rolls back ends nothing and tells nobody', async () => {
  const signed = await signIn(one)
  const heard: (string | null)[] = []
  const stop = one.sessions.onEnd((id) => heard.push(id))
  const work = one.context.database.transaction(async (tx) => {
    await one.sessions.end(tx, signed.organisationId, signed.sessionId, 'tested', system)
    throw new Error('undone')
  })
  await assert.rejects(work, /undone/)
  stop()
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
  assert.deepEqual(heard, [])
})

test('a session of another organisation can’t be ended', async () => {
  const signed = await signIn(one)
  assert.equal(await end(one, { ...signed, organisationId: 'org_other' }), false)
  assert.notEqual(await whoIs(one, withCookie(signed.cookie)), null)
})

test('a read that began before the end does not bring the session back', async () => {
  const signed = await signIn(one)
  const reached = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const slow = {
    ...one.access,
    async standingOf() {
      reached.resolve()
      await gate.promise
      return { roles: [], groups: [], untilMs: Number.POSITIVE_INFINITY }
    },
  }
  const context = { ...one.context, config: testConfig }
  const third = await startModule(sessions, context, { keyring: one.keyring, access: slow })
  const reading = third.authenticate(withCookie(signed.cookie))
  await reached.promise
  await end(other, signed)
  gate.resolve()
  await reading
  assert.equal(await third.authenticate(withCookie(signed.cookie)), null)
  await third.stop()
})

test('while the bus is lost nothing remembered is believed', async () => {
  const signed = await signIn(one)
  const deaf = await house.process()
  await whoIs(deaf, withCookie(signed.cookie))
  await deaf.context.bus.close()
  await end(one, signed)
  assert.equal(await whoIs(deaf, withCookie(signed.cookie)), null)
})

test('an end of which the bus did not tell is noticed within a minute', async () => {
  const signed = await signIn(one)
  await whoIs(one, withCookie(signed.cookie))
  await house.db.asOwner(
    `update sessions.session set ended_at = now(), ended_why = 'by hand' where id = '${signed.sessionId}'`,
  )
  house.machine.clock.advance(minute)
  assert.equal(await whoIs(one, withCookie(signed.cookie)), null)
})

test('roles are those of the next request after they were changed, in every process', async () => {
  const signed = await signIn(one)
  for (const process of [one, other]) await whoIs(process, withCookie(signed.cookie))
  const { organisationId, userId: subjectId } = signed
  await one.context.database.transaction((tx) =>
    one.access.setRoles(tx, { organisationId, subjectId, roles: ['member'], by: null, actor: system }),
  )
  for (const process of [one, other])
    assert.deepEqual((await whoIs(process, withCookie(signed.cookie)))?.roles, ['member'])
})

test('signing out everywhere ends every session but the one that is spared, and no one else’s', async () => {
  const mine = await signIn(one)
  const [spared, third, others] = [await signIn(one, mine), await signIn(other, mine), await signIn(one)]
  for (const signed of [mine, spared, third, others])
    for (const process of [one, other]) await whoIs(process, withCookie(signed.cookie))
  const heard: (string | null)[] = []
  const stop = other.sessions.onEnd((id) => heard.push(id))
  const user = { ...mine, exceptSessionId: spared.sessionId }
  const ended = await one.context.database.transaction((tx) => one.sessions.endAll(tx, user, 'tested', system))
  stop()
  assert.equal(ended, 2)
  assert.deepEqual(heard.toSorted(), [mine.sessionId, third.sessionId].toSorted())
  for (const process of [one, other]) {
    for (const signed of [mine, third]) assert.equal(await whoIs(process, withCookie(signed.cookie)), null)
    for (const signed of [spared, others]) assert.notEqual(await whoIs(process, withCookie(signed.cookie)), null)
  }
})

test('one session too many ends the oldest, and the new one stays', async () => {
  const person = await signIn(one)
  const cookies = [person.cookie]
  for (let more = 0; more < testConfig.maxPerPerson; more++) {
    house.machine.clock.advance(1000)
    cookies.push((await signIn(one, person)).cookie)
  }
  const alive = await Promise.all(cookies.map(async (cookie) => (await whoIs(one, withCookie(cookie))) !== null))
  assert.deepEqual(alive, [false, true, true, true])
  const last = house.events.findLast((event) => event.type === 'sessions.session.ended')
  assert.deepEqual(last?.data, { session: person.sessionId, why: 'displaced' })
})

test('the sweep removes what was over a retention ago, and nothing else', async () => {
  const [over, ended, alive] = [await signIn(one), await signIn(one), await signIn(one)]
  await end(one, ended)
  const day = 86_400_000
  house.machine.clock.advance(29 * day)
  const signed = await signIn(one)
  const sweep = async () => await one.sessions.jobs[0]?.run(new AbortController().signal)
  await sweep()
  for (const kept of [over, ended, alive, signed]) assert.equal((await rows(kept.sessionId)).length, 1)
  house.machine.clock.advance(2 * day)
  await sweep()
  for (const gone of [over, ended, alive]) assert.equal((await rows(gone.sessionId)).length, 0)
  assert.equal((await rows(signed.sessionId)).length, 1)
})

test('the application’s role can’t change whose session it is or when it ends for good', async () => {
  const signed = await signIn(one)
  const { sql } = await import('kysely')
  for (const column of ['user_id', 'organisation_id', 'absolute_expires_at', 'factors'])
    await assert.rejects(
      sql`update sessions.session set ${sql.ref(column)} = ${sql.ref(column)} where id = ${signed.sessionId}`.execute(
        one.context.database.queries,
      ),
      /permission denied/,
    )
})

test('the application’s role can’t change what a cookie is worth, or for whom', async () => {
  const { sql } = await import('kysely')
  for (const column of ['factors', 'authenticated_at', 'session_id', 'host', 'token_hash'])
    await assert.rejects(
      sql`update sessions.handle set ${sql.ref(column)} = ${sql.ref(column)}`.execute(one.context.database.queries),
      /permission denied/,
    )
})

test('what is known about a person is exported, and erased with their cookies', async () => {
  const signed = await signIn(one)
  await whoIs(other, withCookie(signed.cookie))
  const { organisationId, userId } = signed
  const exported = (await one.sessions.subjectData.export(organisationId, userId)) as { sessions: object[] }
  assert.equal(exported.sessions.length, 1)
  assert.partialDeepStrictEqual(exported.sessions[0], {
    address: '192.0.2.7',
    device: 'Firefox on Linux',
    endedAt: null,
  })
  assert.deepEqual(await one.sessions.subjectData.export('org_other', userId), { sessions: [] })
  for (let twice = 0; twice < 2; twice++)
    await one.context.database.transaction((tx) => one.sessions.subjectData.erase(tx, organisationId, userId))
  for (const process of [one, other]) assert.equal(await whoIs(process, withCookie(signed.cookie)), null)
  assert.deepEqual(await one.sessions.subjectData.export(organisationId, userId), { sessions: [] })
})

test('a sign-in is recorded with its device, which only the person’s key opens', async () => {
  const signed = await signIn(one)
  const started = house.events.findLast((event) => event.type === 'sessions.session.started')
  assert.equal(started?.subjectId, signed.userId)
  assert.deepEqual(started.personal, { address: '192.0.2.7', device: 'Firefox on Linux' })
  assert.deepEqual(started.data, { session: signed.sessionId, factors: ['pwd'] })
})
