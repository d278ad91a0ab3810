import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { UserPrincipal } from '../platform/http/principal.ts'
import type { TestHouse, TestProcess } from './testing.ts'
import { head, openTestHouse, signIn, testConfig, whoIs, withCookie } from './testing.ts'
import { timeouts, timeoutsOf } from './timeouts.ts'

const minute = 60_000
const configured = {
  'one-factor': { idleSeconds: 600 },
  'two-factors': { idleSeconds: 1_200, absoluteSeconds: 7_200 },
  'phishing-resistant': { absoluteSeconds: 86_400 },
}

let house: TestHouse
let one: TestProcess

before(async () => {
  house = await openTestHouse()
  one = await house.process({ config: { timeouts: configured } as never })
})
after(async () => await house.close())

const lives = async (cookie: string) => (await whoIs(one, withCookie(cookie))) !== null

test('a session that is not used ends sooner where less was proven', async () => {
  for (const [factors, minutes] of [
    [['pwd'], 10],
    [['pwd', 'otp'], 20],
    [['hwk'], 30],
  ] as const) {
    const { cookie } = await signIn(one, { factors })
    house.machine.clock.advance(2 * minute)
    assert.ok(await lives(cookie))
    house.machine.clock.advance(minutes * minute - 1)
    assert.ok(await lives(cookie), `${factors} within ${minutes} minutes`)
    house.machine.clock.advance(minutes * minute)
    assert.equal(await lives(cookie), false, `${factors} after ${minutes} minutes`)
  }
})

test('the absolute time is that of what was proven, however much the session is used', async () => {
  for (const [factors, hours] of [
    [['pwd', 'otp'], 2],
    [['pwd'], 12],
    [['swk'], 24],
  ] as const) {
    const { cookie } = await signIn(one, { factors })
    for (let minutes = 0; minutes < hours * 60; minutes += 5) {
      assert.ok(await lives(cookie), `${factors} after ${minutes} minutes`)
      house.machine.clock.advance(5 * minute)
    }
    assert.equal(await lives(cookie), false, `${factors} after ${hours} hours`)
  }
})

test('proving more lengthens the idle time and never the absolute one; where more lives less long, the new cookie does', async () => {
  const signed = await signIn(one)
  const principal = (await whoIs(one, withCookie(signed.cookie))) as UserPrincipal
  const rotated = await one.context.database.transaction((tx) =>
    one.sessions.rotate(tx, principal, { factors: ['otp'], head: head() }),
  )
  house.machine.clock.advance(2 * minute)
  assert.ok(await lives(rotated.cookie))
  house.machine.clock.advance(19 * minute)
  assert.ok(await lives(rotated.cookie), 'idle as two factors')
  for (let minutes = 21; minutes < 120; minutes++) {
    assert.ok(await lives(rotated.cookie), `after ${minutes} minutes`)
    house.machine.clock.advance(minute)
  }
  assert.equal(await lives(rotated.cookie), false, 'absolute as two factors')
})

test('what is not said is as for all, and the idle time is never beyond the absolute one', () => {
  const of = (timeouts: object, factors: string[]) => timeoutsOf({ ...testConfig, timeouts }, factors)
  const all = {
    idleMs: testConfig.idleTimeoutSeconds * 1000,
    absoluteMs: testConfig.absoluteTimeoutSeconds * 1000,
  }
  for (const factors of [[], ['pwd'], ['pwd', 'otp'], ['hwk']]) assert.deepEqual(of({}, factors), all)
  assert.deepEqual(of({ 'two-factors': { absoluteSeconds: 300 } }, ['pwd', 'otp']), {
    idleMs: 300_000,
    absoluteMs: 300_000,
  })
})

test('timeouts that are none are refused when they are read', () => {
  for (const bad of [
    'x',
    '[]',
    '{"three-factors":{}}',
    '{"one-factor":1}',
    '{"one-factor":{"idleSeconds":119}}',
    '{"one-factor":{"idleSeconds":"900"}}',
    '{"one-factor":{"absoluteSeconds":2592001}}',
    '{"one-factor":{"idle":900}}',
  ])
    assert.throws(() => timeouts.parse(bad), Error, bad)
  assert.deepEqual(timeouts.parse(timeouts.example), JSON.parse(timeouts.example))
})
