import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isRefusal } from '../platform/errors.ts'
import { newId } from '../platform/random.ts'
import { limits, strictest } from './limits.ts'
import type { TestHouse, TestProcess } from './testing.ts'
import { openTestHouse, signIn, testConfig, whoIs, withCookie } from './testing.ts'

const system = { kind: 'system' } as const
const configured = {
  administrator: { max: 2, when: 'refuse-new' },
  auditor: { max: 2, when: 'end-oldest' },
  member: { max: 1, when: 'end-oldest' },
} as const

let house: TestHouse
let one: TestProcess
let other: TestProcess

before(async () => {
  house = await openTestHouse()
  one = await house.process({ config: { limits: configured } as never })
  other = await house.process({ config: { limits: configured } as never })
})
after(async () => await house.close())

async function person(...roles: string[]) {
  const who = { organisationId: newId('org'), userId: newId('usr') }
  await one.context.database.transaction((tx) =>
    one.access.setRoles(tx, { ...who, subjectId: who.userId, roles, by: null, actor: system }),
  )
  return who
}
const tooMany = (error: unknown) => isRefusal(error, 'SESSIONS_TOO_MANY')
const lives = async (cookie: string) => (await whoIs(one, withCookie(cookie))) !== null
const sessionsOf = async (userId: string) =>
  await house.db.asOwner(`select * from sessions.session where user_id = '${userId}' and ended_at is null`)

test('one more than the role allows is refused before there is a session, and those that are stay', async () => {
  const who = await person('administrator')
  const kept = [await signIn(one, who), await signIn(other, who)]
  for (const process of [one, other]) await assert.rejects(signIn(process, who), tooMany)
  assert.equal((await sessionsOf(who.userId)).length, 2)
  for (const { cookie } of kept) assert.ok(await lives(cookie))
  const refused = house.events.findLast(({ type }) => type === 'sessions.session.refused')
  assert.deepEqual([refused?.subjectId, refused?.data], [who.userId, { live: 2, max: 2 }])
})

test('of ten sign-ins at once through two processes no more get in than the role allows', async () => {
  for (const [role, allowed] of [
    ['administrator', 2],
    ['auditor', 2],
    ['member', 1],
  ] as const) {
    const who = await person(role)
    const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => signIn(i % 2 ? one : other, who)))
    assert.equal((await sessionsOf(who.userId)).length, allowed, role)
    const refused = tries.filter(({ status }) => status === 'rejected').length
    assert.equal(refused, role === 'administrator' ? 8 : 0)
  }
})

test('where one is ended there is room again; one that ran out takes none', async () => {
  const who = await person('administrator')
  const [first] = [await signIn(one, who), await signIn(one, who)]
  await one.context.database.transaction((tx) =>
    one.sessions.end(tx, who.organisationId, first.sessionId, 'tested', system),
  )
  await signIn(one, who)
  await assert.rejects(signIn(one, who), tooMany)
  house.machine.clock.advance(testConfig.idleTimeoutSeconds * 1000)
  await signIn(one, who)
})

test('what ends the oldest leaves the others what they were worth', async () => {
  const who = await person('auditor')
  const first = await signIn(one, { ...who, factors: ['pwd'] })
  house.machine.clock.advance(1_000)
  const second = await signIn(one, { ...who, factors: ['pwd', 'otp'] })
  const before = await whoIs(one, withCookie(second.cookie))
  house.machine.clock.advance(1_000)
  const third = await signIn(other, { ...who, factors: ['pwd'] })
  assert.equal(await lives(first.cookie), false)
  for (const process of [one, other]) assert.deepEqual(await whoIs(process, withCookie(second.cookie)), before)
  assert.deepEqual((await whoIs(one, withCookie(third.cookie)))?.factors, ['pwd'])
})

test('who has no role that is limited has the limit of all', async () => {
  const who = { organisationId: newId('org'), userId: newId('usr') }
  for (let n = 0; n < testConfig.maxPerPerson + 2; n++) await signIn(one, who)
  assert.equal((await sessionsOf(who.userId)).length, testConfig.maxPerPerson)
})

test('of several roles the strictest counts, and no role allows more than all may have', () => {
  const of = (...roles: string[]) => strictest({ ...configured, guest: { max: 9, when: 'refuse-new' } }, roles, 3)
  assert.deepEqual(of(), { max: 3, when: 'end-oldest' })
  assert.deepEqual(of('guest', 'nobody', 'constructor', '__proto__'), { max: 3, when: 'end-oldest' })
  assert.deepEqual(of('administrator', 'member'), configured.member)
  assert.deepEqual(of('member', 'administrator'), configured.member)
  assert.deepEqual(of('auditor', 'administrator'), configured.administrator)
  assert.deepEqual(of('administrator', 'auditor'), configured.administrator)
})

test('a limit that is none is refused when it is read', () => {
  for (const bad of [
    'x',
    '[]',
    'null',
    '{"member":1}',
    '{"member":{"max":0,"when":"end-oldest"}}',
    '{"member":{"max":201,"when":"end-oldest"}}',
    '{"member":{"max":1.5,"when":"end-oldest"}}',
    '{"member":{"max":2}}',
    '{"member":{"max":2,"when":"never"}}',
    '{"member":{"max":2,"when":"end-oldest","more":1}}',
    '{"Member":{"max":2,"when":"end-oldest"}}',
  ])
    assert.throws(() => limits.parse(bad), Error, bad)
  assert.deepEqual(limits.parse(limits.example), JSON.parse(limits.example))
})
