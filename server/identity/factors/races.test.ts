import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Answer, Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import {
  administratorOf,
  begin,
  codeOf,
  codeTo,
  demand,
  enrol,
  enrolPhone,
  holder,
  mailsTo,
  newcomer,
  newNumber,
  prove,
  signedInAs,
  stranger,
  unhurried,
} from './testing.ts'

let house: IdentityHouse
let processes: readonly [IdentityProcess, IdentityProcess]

before(async () => {
  house = await openIdentityHouse()
  processes = [await unhurried(house), await unhurried(house)]
  await setUp(processes[0])
})
after(async () => await house.close())

const times = 50
/** One of the two, in turns. */
const either = (n: number) => processes[n % 2] as IdentityProcess
const succeeded = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200 || status === 201)
const signIns = (userId: string) =>
  house.house.events.filter(({ type, subjectId }) => type === 'identity.user.signed-in' && subjectId === userId).length

/** Fifty sign-ins of one person that wait for a second factor, in both processes. */
async function waiting(email: string): Promise<Browser[]> {
  const browsers = []
  for (let n = 0; n < times; n++) browsers.push((await begin(either(n), email)).browser)
  return browsers
}

async function exactlyOneWins(who: { email: string; user: { id: string } }, factor: string, code: string) {
  const browsers = await waiting(who.email)
  const before = signIns(who.user.id)
  const answers = await Promise.all(browsers.map((browser) => prove(browser, factor, code)))
  assert.equal(succeeded(answers).length, 1)
  assert.deepEqual(
    new Set(answers.map((answer) => answer.code)),
    new Set([null, 'IDENTITY_FACTOR_WRONG']),
    'the others are told no more than that it does not hold',
  )
  assert.equal(signIns(who.user.id) - before, 1)
  const signedIn = await Promise.all(browsers.map(signedInAs))
  assert.deepEqual(
    signedIn.filter((id) => id !== null),
    [who.user.id],
  )
}

test('of fifty who come at once with one TOTP code, in two processes, one is signed in', async () => {
  const mira = await holder(house, processes[0])
  house.house.machine.clock.advance(30_000)
  await exactlyOneWins(mira, 'totp', codeOf(house, mira.secret))
})

test('of fifty who come at once with one recovery code, in two processes, one is signed in', async () => {
  const mira = await holder(house, processes[0])
  await exactlyOneWins(mira, 'recovery-code', mira.recoveryCodes[0] as string)
})

test('of one sign-in that is finished fifty times at once by different codes, one session comes', async () => {
  const { email, user, recoveryCodes } = await holder(house, processes[0])
  const { browser } = await begin(processes[0], email)
  const before = signIns(user.id)
  const browsers = Array.from({ length: times }, (_, n) => stranger(either(n), browser.cookie))
  const answers = await Promise.all(
    browsers.map((one, n) => prove(one, 'recovery-code', recoveryCodes[n % recoveryCodes.length] as string)),
  )
  assert.equal(succeeded(answers).length, 1)
  assert.equal(signIns(user.id) - before, 1)
})

test('an offer that is confirmed fifty times at once is enrolled once, with one set of recovery codes', async () => {
  const { browser } = await newcomer(processes[0])
  const { body } = await browser.call('POST', '/v1/me/factors/totp')
  const confirmation = { id: body.id, code: codeOf(house, body.secret as string) }
  const browsers = Array.from({ length: times }, (_, n) => stranger(either(n), browser.cookie))
  const answers = await Promise.all(
    browsers.map((one) => one.call('POST', '/v1/me/factors/totp/confirm', confirmation)),
  )
  assert.equal(succeeded(answers).length, 1)
  const created = house.house.events.filter(
    ({ type, data }) => type === 'identity.factor.enrolled' && data.id === body.id,
  )
  assert.equal(created.length, 1)
})

test('of three sign-ins that must enrol and do so at once, one enrols and is signed in', async () => {
  const { email, user } = await newcomer(processes[0])
  await demand(processes[0], { roles: { member: 'required' }, graceDays: 0 })
  const offers: { browser: Browser; body: Record<string, unknown> }[] = []
  for (let n = 0; n < 3; n++) {
    const { browser } = await begin(either(n), email)
    offers.push({ browser, body: (await browser.call('POST', '/v1/sign-in/enrol/totp')).body })
  }
  const confirm = ({ browser, body: { id, secret } }: (typeof offers)[number]) =>
    browser.call('POST', '/v1/sign-in/enrol/totp/confirm', { id, code: codeOf(house, secret as string) })
  const answers = await Promise.all(offers.map(confirm))
  assert.deepEqual(
    answers.map(({ code }) => code).toSorted(),
    [null, 'IDENTITY_ATTEMPT_OVER', 'IDENTITY_ATTEMPT_OVER'].toSorted(),
  )
  const enrolled = await house.house.db.asOwner(
    `select count(*)::integer as apps from identity.totp where person_id = '${user.id}' and confirmed_at is not null`,
  )
  assert.deepEqual(enrolled, [{ apps: 1 }])
  await demand(processes[0], { roles: {}, graceDays: 14 })
})

test('offers that are confirmed at once fill five places and no more', async () => {
  const { browser } = await newcomer(processes[0])
  for (let n = 0; n < 3; n++) await enrol(house, browser)
  const offers = []
  for (let n = 0; n < 3; n++) offers.push((await browser.call('POST', '/v1/me/factors/totp')).body)
  const answers = await Promise.all(
    offers.map(({ id, secret }, n) =>
      stranger(either(n), browser.cookie).call('POST', '/v1/me/factors/totp/confirm', {
        id,
        code: codeOf(house, secret as string),
      }),
    ),
  )
  assert.equal(succeeded(answers).length, 2)
  assert.equal(answers.filter(({ code }) => code === 'IDENTITY_FACTORS_FULL').length, 1)
})

test('recovery codes that are made anew at once leave ten, of one set', async () => {
  const { browser, user } = await newcomer(processes[0])
  const browsers = Array.from({ length: 8 }, (_, n) => stranger(either(n), browser.cookie))
  await Promise.all(browsers.map((one) => one.call('POST', '/v1/me/factors/recovery-codes')))
  const counted = await house.house.db.asOwner(
    `select count(*)::integer as codes, count(distinct set_id)::integer as sets from identity.recovery_code
     where person_id = '${user.id}'`,
  )
  assert.deepEqual(counted, [{ codes: 10, sets: 1 }])
})

test('a sign-in that is proven while the person is disabled leaves no session behind', async () => {
  for (let round = 0; round < 5; round++) {
    const mira = await holder(house, processes[0])
    const { browser } = await begin(processes[1], mira.email)
    house.house.machine.clock.advance(30_000)
    const administrator = await administratorOf(processes[0])
    await Promise.all([
      prove(browser, 'totp', codeOf(house, mira.secret)),
      administrator.call('PATCH', `/v1/users/${mira.user.id}`, { state: 'disabled' }),
    ])
    assert.equal(await signedInAs(browser), null, `round ${round}`)
    const live = await house.house.db.asOwner(
      `select 1 from sessions.session where user_id = '${mira.user.id}' and ended_at is null`,
    )
    assert.deepEqual(live, [])
  }
})

test('of fifty who come at once with one mail code, in two processes, one is signed in', async () => {
  const { email, user } = await newcomer(processes[0])
  await demand(processes[0], { mailCodes: true, roles: { member: 'required' }, graceDays: 0 })
  const { browser } = await begin(processes[0], email)
  await browser.call('POST', '/v1/sign-in/challenge', { factor: 'mail-code' })
  const mail = (await mailsTo(processes[0], email)).find(({ kind }) => kind === 'sign-in-code')
  const code = /\d{4} \d{4}/.exec(mail?.text ?? '')?.[0] as string
  const before = signIns(user.id)
  const browsers = Array.from({ length: times }, (_, n) => stranger(either(n), browser.cookie))
  const answers = await Promise.all(browsers.map((one) => prove(one, 'mail-code', code)))
  assert.equal(succeeded(answers).length, 1)
  assert.equal(signIns(user.id) - before, 1)
})

test('of fifty who come at once with one code by text, in two processes, one is signed in', async () => {
  await demand(processes[0], { smsCodes: true, roles: {} })
  const { email, user, browser: session } = await newcomer(processes[0])
  const number = newNumber()
  await enrolPhone(processes[0], session, number)
  const { browser } = await begin(processes[0], email)
  house.house.machine.clock.advance(1_000)
  await browser.call('POST', '/v1/sign-in/challenge', { factor: 'sms-code' })
  const code = await codeTo(processes[0], number)
  const before = signIns(user.id)
  const browsers = Array.from({ length: times }, (_, n) => stranger(either(n), browser.cookie))
  const answers = await Promise.all(browsers.map((one) => prove(one, 'sms-code', code)))
  assert.equal(succeeded(answers).length, 1)
  assert.equal(signIns(user.id) - before, 1)
})

test('a phone that is confirmed fifty times at once is enrolled once, each of two', async () => {
  const { browser, user } = await newcomer(processes[0])
  const offers: { id: unknown; code: string }[] = []
  for (let n = 0; n < 2; n++) {
    const number = newNumber()
    house.house.machine.clock.advance(1_000)
    const { body } = await browser.call('POST', '/v1/me/factors/phone', { number })
    offers.push({ id: body.id, code: await codeTo(processes[0], number) })
  }
  const browsers = Array.from({ length: times }, (_, n) => stranger(either(n), browser.cookie))
  const confirm = (one: Browser, n: number) => one.call('POST', '/v1/me/factors/phone/confirm', offers[n % 2])
  const answers = await Promise.all(browsers.map(confirm))
  assert.equal(succeeded(answers).length, 2)
  const rows = await house.house.db.asOwner(
    `select count(*)::integer as phones from identity.phone where person_id = '${user.id}' and confirmed_at is not null`,
  )
  assert.deepEqual(rows, [{ phones: 2 }])
})
