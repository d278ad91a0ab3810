import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { begin, codeOf, demand, enrol, holder, newcomer, prove, signedInAs, stranger, unhurried } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(async () => await house.close())

const dayMs = 86_400_000
const offer = (browser: Browser) => browser.call('POST', '/v1/sign-in/enrol/totp')
const confirm = (browser: Browser, body: object) => browser.call('POST', '/v1/sign-in/enrol/totp/confirm', body)
/** Somebody of whom a second factor is demanded from now on, and who has none. */
async function late() {
  await demand(one, { roles: {}, graceDays: 14 })
  const person = await newcomer(one)
  await demand(one, { roles: { member: 'required' }, graceDays: 0 })
  return person
}

test('within the grace period one signs in and is told until when; after it one must enrol, and then is signed in', async () => {
  const { email, user } = await newcomer(one)
  await demand(one, { roles: { member: 'required' }, graceDays: 3 })
  const inTime = await signInAs(stranger(one), email)
  assert.equal(inTime.body.attempt, null)
  const until = Date.parse(inTime.body.enrolBefore as string)
  assert.equal(until - house.house.machine.clock.nowMs(), 3 * dayMs)

  house.house.machine.clock.advance(3 * dayMs)
  const { browser, attempt } = await begin(one, email)
  assert.partialDeepStrictEqual(attempt, { mustEnrol: true, ways: [], proven: ['password'] })
  assert.deepEqual(attempt.enrolable, ['passkey', 'totp'])
  assert.equal(await signedInAs(browser), null)

  const { body } = await offer(browser)
  const code = codeOf(house, body.secret as string)
  const done = await confirm(browser, { id: body.id, code })
  assert.equal(done.status, 200)
  assert.partialDeepStrictEqual(done.body, { user: { id: user.id }, attempt: null })
  assert.equal((done.body.recoveryCodes as string[]).length, 10)
  const { session } = (await browser.call('GET', '/v1/me')).body
  assert.partialDeepStrictEqual(session, { factors: ['pwd', 'otp'] })

  const next = await begin(one, email)
  assert.equal((await prove(next.browser, 'totp', code)).code, 'IDENTITY_FACTOR_WRONG', 'the enrolment used it up')
  house.house.machine.clock.advance(30_000)
  const later = await begin(one, email)
  assert.equal((await prove(later.browser, 'totp', codeOf(house, body.secret as string))).status, 200)
})

test('whoever has a factor can’t enrol another by the password alone', async () => {
  const mira = await holder(house, one)
  await demand(one, { roles: { member: 'required' }, graceDays: 0 })
  const { browser } = await begin(one, mira.email)
  assert.equal((await offer(browser)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  const pending = (await mira.browser.call('POST', '/v1/me/factors/totp')).body
  const body = { id: pending.id, code: codeOf(house, pending.secret as string) }
  assert.equal((await confirm(browser, body)).code, 'IDENTITY_FACTOR_NOT_ASKED')
})

test('without a sign-in under way there is nothing to enrol for', async () => {
  const { browser: signedIn } = await late()
  for (const browser of [stranger(one), signedIn, stranger(one, `__Host-custodia-attempt=${'x'.repeat(43)}`)]) {
    assert.equal((await offer(browser)).code, 'IDENTITY_ATTEMPT_OVER')
    const body = { id: `fac_${'a'.repeat(26)}`, code: '000000' }
    assert.equal((await confirm(browser, body)).code, 'IDENTITY_ATTEMPT_OVER')
  }
})

test('the offer of one person is not confirmed in the sign-in of another', async () => {
  const mira = await late()
  const other = await late()
  const first = await begin(one, mira.email)
  const { body } = await offer(first.browser)
  const second = await begin(one, other.email)
  const confirmation = { id: body.id, code: codeOf(house, body.secret as string) }
  assert.equal((await confirm(second.browser, confirmation)).code, 'IDENTITY_OFFER_OVER')
  assert.equal(await signedInAs(second.browser), null)
  assert.equal((await confirm(first.browser, confirmation)).status, 200)
})

test('a wrong code enrols nothing and signs nobody in', async () => {
  const { email } = await late()
  const { browser } = await begin(one, email)
  const { body } = await offer(browser)
  for (const code of ['000000', codeOf(house, body.secret as string, 4)])
    assert.equal((await confirm(browser, { id: body.id, code })).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal(await signedInAs(browser), null)
  assert.equal((await begin(one, email)).attempt.mustEnrol, true)
})

test('of two sign-ins that must enrol the first to do so ends the other', async () => {
  const { email } = await late()
  const thief = await begin(one, email)
  const owner = await begin(one, email)
  const theirs = (await offer(thief.browser)).body
  const own = (await offer(owner.browser)).body
  assert.equal((await confirm(owner.browser, { id: own.id, code: codeOf(house, own.secret as string) })).status, 200)
  const answer = await confirm(thief.browser, { id: theirs.id, code: codeOf(house, theirs.secret as string) })
  assert.equal(answer.code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal(await signedInAs(thief.browser), null)
})

test('where it must be hard to phish, an authenticator app is neither offered nor enough', async () => {
  const { email } = await late()
  await demand(one, { roles: { member: 'phishing-resistant' }, graceDays: 0 })
  const { browser, attempt } = await begin(one, email)
  assert.deepEqual(attempt.enrolable, ['passkey'])
  assert.equal((await offer(browser)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  await demand(one, { roles: {}, graceDays: 14 })
})

test('a factor that was enrolled in a session is asked for from the next sign-in on', async () => {
  const { email, browser } = await newcomer(one)
  assert.equal((await signInAs(stranger(one), email)).body.attempt, null)
  await enrol(house, browser)
  const { attempt } = await begin(one, email)
  assert.equal(attempt.mustEnrol, false)
  assert.notEqual(await signedInAs(browser), null, 'the session itself goes on')
})
