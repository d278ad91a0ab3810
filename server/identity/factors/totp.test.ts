import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EnrolledFactor } from '@custodia/wire/http/factors.ts'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, openIdentityHouse, setUp, signInAs } from '../testing.ts'
import {
  administratorOf,
  begin,
  codeOf,
  enrol,
  holder,
  newcomer,
  prove,
  signedInAs,
  stranger,
  unhurried,
  unsuspicious,
} from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(async () => await house.close())

/** To the middle of a later step. */
const later = (steps: number) => house.house.machine.clock.advance(steps * 30_000)
const someone = () => holder(house, one)
const offer = async (browser: Browser) => (await browser.call('POST', '/v1/me/factors/totp')).body
const confirm = (browser: Browser, body: object) => browser.call('POST', '/v1/me/factors/totp/confirm', body)
const items = async (browser: Browser) =>
  ((await browser.call('GET', '/v1/me/factors')).body.items as EnrolledFactor[]).filter((one) => one.factor === 'totp')

test('password, then code, then session; and nothing of the person before that', async () => {
  const { email, user, secret } = await someone()
  later(1)
  const browser = stranger(one)
  const asked = await signInAs(browser, email)
  assert.equal(asked.body.user, null)
  assert.partialDeepStrictEqual(asked.body.attempt, { proven: ['password'], mustEnrol: false })
  const { ways } = asked.body.attempt as { ways: { factor: string }[] }
  assert.deepEqual(
    ways.map((way) => way.factor),
    ['totp', 'recovery-code'],
  )
  assert.doesNotMatch(JSON.stringify(asked.body), new RegExp(`${email}|${user.id}|Mira`))
  assert.equal(await signedInAs(browser), null)

  const done = await prove(browser, 'totp', codeOf(house, secret))
  assert.equal(done.status, 200)
  assert.partialDeepStrictEqual(done.body, { user: { id: user.id }, attempt: null })
  const { session } = (await browser.call('GET', '/v1/me')).body
  assert.partialDeepStrictEqual(session, { factors: ['pwd', 'otp'] })
})

test('a code works once, in whichever sign-in', async () => {
  const { email, secret } = await someone()
  later(1)
  const code = codeOf(house, secret)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', code)).status, 200)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', code)).code, 'IDENTITY_FACTOR_WRONG')
  later(1)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', code)).code, 'IDENTITY_FACTOR_WRONG')
})

test('the code that enrolled signs nobody in', async () => {
  const { email, secret } = await someone()
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret))).status, 401)
})

test('once a newer code was used, the one of the step before is void, and the one of the step after works', async () => {
  const { email, secret } = await someone()
  later(2)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret))).status, 200)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret, -1))).status, 401)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret, 1))).status, 200)
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret))).status, 401)
})

test('wrong, early and late codes, and those of somebody else, are all refused alike', async () => {
  const mira = await someone()
  const other = await someone()
  later(5)
  const answers = new Set<string>()
  for (const code of [
    '000000',
    codeOf(house, mira.secret, 2),
    codeOf(house, mira.secret, -2),
    codeOf(house, other.secret),
  ]) {
    const { status, body, setCookie } = await prove((await begin(one, mira.email)).browser, 'totp', code)
    answers.add(JSON.stringify([status, setCookie, { ...body, requestId: '' }]))
  }
  assert.equal(answers.size, 1)
  assert.match([...answers].join(), /IDENTITY_FACTOR_WRONG/)
  const refused = house.house.events.findLast((event) => event.type === 'identity.factor.refused')
  assert.deepEqual(refused?.data, { factor: 'totp', for: 'sign-in' })
})

test('a code is no proof of another kind', async () => {
  const { email, secret, recoveryCodes } = await someone()
  later(1)
  const { browser } = await begin(one, email)
  assert.equal((await prove(browser, 'recovery-code', codeOf(house, secret))).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await prove(browser, 'totp', recoveryCodes[0] as string)).code, 'IDENTITY_FACTOR_WRONG')
  for (const factor of ['mail-code', 'sms-code'])
    assert.equal((await prove(browser, factor, codeOf(house, secret))).code, 'IDENTITY_FACTOR_NOT_ASKED')
  const password = { factor: 'password', password: goodPassword }
  assert.equal((await browser.call('POST', '/v1/sign-in/factor', password)).code, 'IDENTITY_FACTOR_NOT_ASKED')
})

test('the attempt is the browser’s that began it: without its cookie, or with another’s, there is none', async () => {
  const { email, secret } = await someone()
  const other = await someone()
  later(1)
  const { browser, attempt } = await begin(one, email)
  const code = codeOf(house, secret)
  for (const cookie of [null, `__Host-custodia-attempt=${'x'.repeat(43)}`, `__Host-custodia-attempt=${attempt.id}`])
    assert.equal((await prove(stranger(one, cookie), 'totp', code)).code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal((await prove((await begin(one, other.email)).browser, 'totp', code)).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await prove(browser, 'totp', code)).status, 200)
})

test('an attempt works once, ends after ten minutes, and can be given up', async () => {
  const { email, secret } = await someone()
  later(1)
  const done = await begin(one, email)
  const { cookie } = done.browser
  assert.equal((await prove(done.browser, 'totp', codeOf(house, secret))).status, 200)
  assert.equal((await prove(stranger(one, cookie), 'totp', codeOf(house, secret, 1))).code, 'IDENTITY_ATTEMPT_OVER')

  const late = await begin(one, email)
  house.house.machine.clock.advance(600_000)
  assert.equal((await prove(late.browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')

  const given = await begin(one, email)
  const kept = given.browser.cookie
  assert.equal((await given.browser.call('DELETE', '/v1/sign-in')).status, 204)
  assert.equal((await prove(stranger(one, kept), 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')
})

test('after ten wrong tries the attempt is over, wherever they came from, and the right code is too late', async () => {
  const { email, secret } = await someone()
  later(1)
  const { browser } = await begin(one, email)
  for (let tries = 0; tries < 10; tries++) {
    const elsewhere = stranger(one, browser.cookie)
    assert.equal((await prove(elsewhere, 'totp', '000000')).code, 'IDENTITY_FACTOR_WRONG', `try ${tries + 1}`)
  }
  assert.equal((await prove(browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, secret))).status, 200)
})

test('from one network tries at codes wait as those at passwords do, and each for itself', async () => {
  const counting = await house.process(unsuspicious)
  const { email, secret } = await someone()
  later(1)
  const { browser } = await begin(counting, email)
  for (let tries = 0; tries < 5; tries++)
    assert.equal((await prove(browser, 'totp', '000000')).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await prove(browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_TOO_MANY_TRIES')
  assert.equal((await signInAs(browser, email)).status, 200, 'the password has its own count')
})

test('a password that was changed, or a person who was disabled, ends what is under way', async () => {
  const { email, user, secret, browser } = await someone()
  later(1)
  const first = await begin(one, email)
  const next = 'eleven amber kites circle'
  assert.equal((await browser.call('PUT', '/v1/me/password', { current: goodPassword, next })).status, 204)
  assert.equal((await prove(first.browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')

  const second = stranger(one)
  await signInAs(second, email, next)
  const administrator = await administratorOf(one)
  const change = (state: string) => administrator.call('PATCH', `/v1/users/${user.id}`, { state })
  assert.equal((await change('disabled')).status, 200)
  assert.equal((await prove(second, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal((await change('active')).status, 200)
  assert.equal((await prove(second, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER', 'it stays over')
})

test('an offer is not in force, has ten minutes and ten tries, and is its person’s own', async () => {
  const { browser, email } = await newcomer(one)
  const first = await offer(browser)
  assert.deepEqual(await items(browser), [])
  assert.equal((await signInAs(stranger(one), email)).body.attempt, null, 'nothing is asked for what is only offered')

  const other = await someone()
  const body = { id: first.id, code: codeOf(house, first.secret as string) }
  assert.equal((await confirm(other.browser, body)).code, 'IDENTITY_OFFER_OVER')
  assert.equal((await confirm(other.browser, { ...body, id: other.id })).code, 'IDENTITY_OFFER_OVER')
  assert.equal((await confirm(browser, { ...body, code: '000000' })).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await confirm(browser, { ...body, code: codeOf(house, first.secret as string, 3) })).status, 401)

  const second = await offer(browser)
  for (let tries = 0; tries < 10; tries++) await confirm(browser, { id: second.id, code: '000000' })
  const right = { id: second.id, code: codeOf(house, second.secret as string) }
  assert.equal((await confirm(browser, right)).code, 'IDENTITY_OFFER_OVER')

  house.house.machine.clock.advance(600_000)
  await signInAs(browser, email)
  const late = { ...body, code: codeOf(house, first.secret as string) }
  assert.equal((await confirm(browser, late)).code, 'IDENTITY_OFFER_OVER')
  assert.deepEqual(await items(browser), [])
})

test('an offer is confirmed once, and of more than three the oldest is gone', async () => {
  const { browser } = await newcomer(one)
  const offers = []
  for (let n = 0; n < 4; n++) {
    offers.push(await offer(browser))
    house.house.machine.clock.advance(1)
  }
  const bodies = offers.map(({ id, secret }) => ({ id, code: codeOf(house, secret as string) }))
  assert.equal((await confirm(browser, bodies[0] as object)).code, 'IDENTITY_OFFER_OVER')
  assert.equal((await confirm(browser, bodies[1] as object)).status, 201)
  assert.equal((await confirm(browser, bodies[1] as object)).code, 'IDENTITY_OFFER_OVER')
})

test('somebody has five authenticators at most, under names of their own, and any of them will do', async () => {
  const { email, browser, id, secret } = await someone()
  const more = []
  for (let n = 0; n < 4; n++) more.push(await enrol(house, browser))
  assert.ok(
    more.every(({ recoveryCodes }) => recoveryCodes === null),
    'codes come with the first alone',
  )
  assert.equal((await browser.call('POST', '/v1/me/factors/totp')).code, 'IDENTITY_FACTORS_FULL')

  const renamed = await browser.call('PATCH', `/v1/me/factors/${id}`, { name: 'Tablet' })
  assert.equal(renamed.status, 204)
  assert.deepEqual(
    (await items(browser)).map(({ name }) => name).toSorted(),
    ['Tablet', ...Array(4).fill('Telephone')].toSorted(),
  )
  later(1)
  for (const one_ of [secret, more[3]?.secret as string])
    assert.equal((await prove((await begin(one, email)).browser, 'totp', codeOf(house, one_))).status, 200)
})

test('nobody names or removes another person’s authenticator, and a removed one proves nothing', async () => {
  const mira = await someone()
  const other = await someone()
  for (const answer of [
    await other.browser.call('PATCH', `/v1/me/factors/${mira.id}`, { name: 'Mine' }),
    await other.browser.call('DELETE', `/v1/me/factors/${mira.id}`),
  ])
    assert.equal(answer.code, 'IDENTITY_FACTOR_UNKNOWN')
  assert.equal((await items(mira.browser)).length, 1)

  const second = await enrol(house, mira.browser)
  assert.equal((await mira.browser.call('DELETE', `/v1/me/factors/${mira.id}`)).status, 204)
  later(1)
  assert.equal((await prove((await begin(one, mira.email)).browser, 'totp', codeOf(house, mira.secret))).status, 401)
  assert.equal((await prove((await begin(one, mira.email)).browser, 'totp', codeOf(house, second.secret))).status, 200)
})

test('enrolling needs a session that was confirmed lately, and ends other sign-ins that are under way', async () => {
  const { email, browser, secret } = await someone()
  later(1)
  const waiting = await begin(one, email)
  await enrol(house, browser)
  assert.equal((await prove(waiting.browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')
  house.house.machine.clock.advance(601_000)
  for (const path of ['totp', 'recovery-codes'])
    assert.equal((await browser.call('POST', `/v1/me/factors/${path}`)).code, 'FRESH_FACTOR_REQUIRED', path)
  assert.equal((await stranger(one).call('POST', '/v1/me/factors/totp')).status, 401)
})

test('a session is confirmed by a code, once, and not by the password where there is an authenticator', async () => {
  const { browser, secret } = await someone()
  later(30)
  const code = codeOf(house, secret)
  const fresh = await browser.call('GET', '/v1/me/fresh')
  assert.deepEqual(fresh.body.ways, [{ factor: 'totp', hint: null }])
  const password = { factor: 'password', password: goodPassword }
  assert.equal((await browser.call('POST', '/v1/me/fresh', password)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  assert.equal((await browser.call('POST', '/v1/me/fresh', { factor: 'totp', code: '000000' })).status, 401)
  assert.equal((await browser.call('POST', '/v1/me/fresh', { factor: 'totp', code })).status, 204)
  assert.equal((await browser.call('POST', '/v1/me/fresh', { factor: 'totp', code })).code, 'IDENTITY_FACTOR_WRONG')
})

test('neither secret nor code stands in an event, a log line or in the database in the clear', async () => {
  const { secret, recoveryCodes, id } = await someone()
  const { events, machine, db } = house.house
  const rows = await db.asOwner(
    `select encode(secret_sealed, 'escape') as text, * from identity.totp where id = '${id}'`,
  )
  const codes = await db.asOwner(`select encode(code_hash, 'escape') as text, set_id from identity.recovery_code`)
  const everything = JSON.stringify([events, machine.lines, rows, codes])
  assert.ok(everything.includes(id))
  for (const text of [
    secret,
    codeOf(house, secret),
    'Telephone',
    ...recoveryCodes,
    ...recoveryCodes.map((c) => c.replace('-', '')),
  ])
    assert.ok(!everything.includes(text), text)
  assert.deepEqual(
    events.filter((event) => event.data.id === id).map(({ type }) => type),
    ['identity.factor.enrolled'],
  )
})

test('a person’s export names what they enrolled, without its secret, and erasing takes it along', async () => {
  const { user, id, secret } = await someone()
  const { subjectData } = one.identity
  const said = await subjectData.export(user.organisationId, user.id)
  assert.partialDeepStrictEqual(said, { factors: [{ id, factor: 'totp', name: 'Telephone' }] })
  assert.ok(!JSON.stringify(said).includes(secret))
  await one.context.database.transaction((tx) => subjectData.erase(tx, user.organisationId, user.id))
  for (const table of ['totp', 'recovery_code'])
    assert.deepEqual(await house.house.db.asOwner(`select 1 from identity.${table} where person_id = '${user.id}'`), [])
})
