import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Attempt } from '@custodia/wire/http/factors.ts'
import type { Session } from '@custodia/wire/http/sessions.ts'
import {
  administratorOf,
  codeOf,
  demand,
  enrol,
  holder,
  newcomer,
  prove,
  signedInAs,
  stranger,
  unhurried,
} from '../factors/testing.ts'
import { complete, mailOf, nextPassword, recoveryToken, tokenIn } from '../recovery/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, openIdentityHouse, setUp, signInAs } from '../testing.ts'

const day = 86_400_000

let house: IdentityHouse
let one: IdentityProcess
/** Finds every sign-in unlike the ones before. */
let wary: IdentityProcess
/** As that, where no mail is sent. */
let mute: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
  wary = await house.process({ riskAsk: -1_000 })
  mute = await house.process({ riskAsk: -1_000 })
  Object.assign(mute.mail, { deliverable: false })
})
after(async () => await house.close())

const demandNothing = () => house.house.db.asOwner('delete from identity.sign_in_policy')
const waysOf = (attempt: unknown) => (attempt as Attempt).ways.map((way) => way.factor)
const signedIn = (id: string) =>
  house.house.events.findLast(({ type, subjectId }) => type === 'identity.user.signed-in' && subjectId === id)?.data

test('an unusual sign-in that nothing more can be asked of goes on with one factor, and no sensitive route is open to it', async () => {
  const { email, user } = await newcomer(one)
  assert.equal(signedIn(user.id)?.unprovable, false)
  const browser = stranger(mute)
  assert.equal((await signInAs(browser, email)).status, 200)
  assert.equal(await signedInAs(browser), user.id)
  assert.equal(signedIn(user.id)?.unprovable, true)
  const { body } = await browser.call('GET', '/v1/sessions')
  assert.equal((body.items as Session[]).find(({ current }) => current)?.assurance, 'one-factor')
  assert.equal((await browser.call('POST', '/v1/me/factors/totp')).code, 'FRESH_FACTOR_REQUIRED')
  // Whoever has the password has it a second time, too.
  assert.deepEqual((await browser.call('GET', '/v1/me/fresh')).body.ways, [])
  const again = await browser.call('POST', '/v1/me/fresh', { factor: 'password', password: goodPassword })
  assert.equal(again.code, 'IDENTITY_FACTOR_NOT_ASKED')
  const elsewhere = stranger(one, browser.cookie)
  assert.equal((await elsewhere.call('POST', '/v1/me/factors/totp')).code, 'FRESH_FACTOR_REQUIRED', 'in any process')
})

test('a second factor that was enrolled elsewhere opens it', async () => {
  const { email, browser: home } = await newcomer(one)
  const browser = stranger(mute)
  await signInAs(browser, email)
  const { secret } = await enrol(house, home)
  house.house.machine.clock.advance(30_000)
  const proof = { factor: 'totp', code: codeOf(house, secret) }
  assert.equal((await browser.call('POST', '/v1/me/fresh', proof)).status, 204)
  assert.notEqual((await browser.call('POST', '/v1/me/factors/recovery-codes')).code, 'FRESH_FACTOR_REQUIRED')
})

test('where mail is sent the same sign-in is asked for a code, and is as fresh as any after it', async () => {
  const { email, user } = await newcomer(one)
  const browser = stranger(wary)
  assert.deepEqual(waysOf((await signInAs(browser, email)).body.attempt), ['mail-code'])
  await browser.call('POST', '/v1/sign-in/challenge', { factor: 'mail-code' })
  const code = /Your code: (\d{4} \d{4})/.exec((await mailOf(one, user, 'sign-in-code')).text)?.[1] as string
  assert.equal((await prove(browser, 'mail-code', code)).status, 200)
  assert.equal(signedIn(user.id)?.unprovable, false)
  assert.notEqual((await browser.call('POST', '/v1/me/factors/totp')).code, 'FRESH_FACTOR_REQUIRED')
})

test('the sign-in after a recovery is held against the earlier ones as any other', async () => {
  const { email, user } = await newcomer(one)
  const asked = await complete(stranger(wary), await recoveryToken(one, email, user))
  assert.deepEqual(waysOf(asked.body.attempt), ['mail-code'])
  const assessed = house.house.events.findLast(({ type }) => type === 'identity.sign-in.assessed')
  assert.deepEqual([assessed?.subjectId, assessed?.data.verdict], [user.id, 'ask'])

  const let_in = stranger(mute)
  assert.equal((await complete(let_in, await recoveryToken(one, email, user), goodPassword)).status, 200)
  assert.equal(signedIn(user.id)?.unprovable, true)
  assert.equal((await let_in.call('POST', '/v1/me/factors/totp')).code, 'FRESH_FACTOR_REQUIRED')
})

test('whose factors two administrators took away enrols anew at once, whatever grace there is, and however they come', async () => {
  const { email, user } = await holder(house, one)
  const other = await newcomer(one, ['administrator'])
  await demand(one, { secondFactor: 'required', graceDays: 90 })
  const path = `/v1/users/${user.id}/recovery`
  assert.equal((await (await administratorOf(one)).call('POST', path)).status, 201)
  assert.equal((await other.browser.call('POST', `${path}/approve`)).status, 200)
  house.house.machine.clock.advance(day)
  const runJob = async () =>
    await one.identity.jobs.find((job) => job.name === 'identity.recovery')?.run(new AbortController().signal)
  await runJob()
  const recovered = stranger(one)
  const answer = await complete(recovered, tokenIn(await mailOf(one, user, 'delegated-recovery'), 'recovery'))
  const mustEnrol = { user: null, attempt: { mustEnrol: true, ways: [] } }
  assert.partialDeepStrictEqual(answer.body, mustEnrol)
  assert.equal(await signedInAs(recovered), null)
  house.house.machine.clock.advance(60 * day)
  await runJob()
  assert.partialDeepStrictEqual((await signInAs(stranger(one), email, nextPassword)).body, mustEnrol)
  // Whoever never had one has their grace.
  assert.notEqual((await signInAs(stranger(one), other.email)).body.user, null)

  // A demand that comes later gives everybody its time.
  house.house.machine.clock.advance(1)
  await demand(one, { secondFactor: 'required', graceDays: 80 })
  assert.notEqual((await signInAs(stranger(one), email, nextPassword)).body.user, null)
  await demandNothing()
})

test('recovery codes that are left of a factor are asked for, and then one is to be enrolled', async () => {
  const { email, browser, id, recoveryCodes } = await holder(house, one)
  assert.equal((await browser.call('DELETE', `/v1/me/factors/${id}`)).status, 204)
  await demand(one, { secondFactor: 'required', graceDays: 5 })
  const graced = stranger(one)
  assert.deepEqual(waysOf((await signInAs(graced, email)).body.attempt), ['recovery-code'])
  const answer = await prove(graced, 'recovery-code', recoveryCodes[0] as string)
  assert.notEqual(answer.body.enrolBefore, null)
  assert.equal((await graced.call('GET', '/v1/me/factors')).body.enrolBefore, answer.body.enrolBefore)

  house.house.machine.clock.advance(5 * day)
  const late = stranger(one)
  await signInAs(late, email)
  const over = await prove(late, 'recovery-code', recoveryCodes[1] as string)
  assert.partialDeepStrictEqual(over.body, { user: null, attempt: { mustEnrol: true } })
  assert.equal(await signedInAs(late), null)
  await demandNothing()
})
