import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Attempt } from '@custodia/wire/http/factors.ts'
import {
  administratorOf,
  begin,
  codeOf,
  demand,
  holder,
  newcomer,
  prove,
  signedInAs,
  stranger,
  unhurried,
} from '../factors/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { complete, mailOf, nextPassword, recoveryToken, tokenIn } from './testing.ts'

const day = 86_400_000

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(async () => await house.close())

const waysOf = (attempt: unknown) => (attempt as Attempt).ways.map((way) => way.factor)
const factorsOf = async (id: string) =>
  (await house.house.db.asOwner(`select 1 from identity.totp where person_id = '${id}'`)).length

test('a recovery still asks for the second factor, and ends what was signed in', async () => {
  const { browser, email, user, secret } = await holder(house, one)
  const recovered = stranger(one)
  const answer = await complete(recovered, await recoveryToken(one, email, user))
  assert.equal(answer.status, 200)
  assert.equal(answer.body.user, null)
  assert.deepEqual(waysOf(answer.body.attempt), ['totp', 'recovery-code'])
  assert.equal(await signedInAs(recovered), null)
  assert.equal(await signedInAs(browser), null)
  assert.equal((await prove(recovered, 'totp', '000000')).code, 'IDENTITY_FACTOR_WRONG')
  house.house.machine.clock.advance(30_000)
  assert.equal((await prove(recovered, 'totp', codeOf(house, secret))).status, 200)
  assert.equal(await signedInAs(recovered), user.id)
})

test('a recovery code stands in for the second factor, and neither way takes one away', async () => {
  const { email, user, recoveryCodes } = await holder(house, one)
  const recovered = stranger(one)
  await complete(recovered, await recoveryToken(one, email, user))
  assert.equal((await recovered.call('POST', '/v1/sign-in/enrol/totp')).code, 'IDENTITY_FACTOR_NOT_ASKED')
  assert.equal((await prove(recovered, 'recovery-code', recoveryCodes[0] as string)).status, 200)
  assert.equal(await signedInAs(recovered), user.id)
  assert.equal(await factorsOf(user.id), 1)
  await mailOf(one, user, 'recovery-code-used')
})

test('a sign-in that was under way before the recovery proves nothing after it', async () => {
  const { email, user, secret } = await holder(house, one)
  const { browser } = await begin(one, email)
  assert.equal((await complete(stranger(one), await recoveryToken(one, email, user))).status, 200)
  house.house.machine.clock.advance(30_000)
  assert.equal((await prove(browser, 'totp', codeOf(house, secret))).code, 'IDENTITY_ATTEMPT_OVER')
})

test('a mailbox alone is never two factors: no code by mail is taken from who has enrolled one', async () => {
  await demand(one, { mailCodes: true })
  const { email, user } = await holder(house, one)
  const recovered = stranger(one)
  const answer = await complete(recovered, await recoveryToken(one, email, user))
  assert.deepEqual(waysOf(answer.body.attempt), ['totp', 'recovery-code'])
  const challenged = await recovered.call('POST', '/v1/sign-in/challenge', { factor: 'mail-code' })
  assert.equal(challenged.code, 'IDENTITY_FACTOR_NOT_ASKED')
  // Nor from whoever signs in anew with the password that the mailbox has set.
  const begun = await signInAs(stranger(one), email, nextPassword)
  assert.deepEqual(waysOf(begun.body.attempt), ['totp', 'recovery-code'])
  await demandNothing()
})

test('where a second factor is demanded, a recovery of somebody without one ends in enrolling, not in a session', async () => {
  const { email, user } = await newcomer(one)
  await demand(one, { secondFactor: 'required', graceDays: 0 })
  const recovered = stranger(one)
  const answer = await complete(recovered, await recoveryToken(one, email, user))
  assert.partialDeepStrictEqual(answer.body, { user: null, attempt: { mustEnrol: true, ways: [] } })
  assert.equal(await signedInAs(recovered), null)
  await demandNothing()
})

test('a recovery that two administrators granted takes the factors away when it is completed, and not before', async () => {
  const { email, user, recoveryCodes } = await holder(house, one)
  const [first, other] = [await administratorOf(one), await newcomer(one, ['administrator'])]
  const path = `/v1/users/${user.id}/recovery`
  assert.equal((await first.call('POST', path)).status, 201)
  assert.equal((await other.browser.call('POST', `${path}/approve`)).status, 200)
  house.house.machine.clock.advance(day)
  await one.identity.jobs.find((job) => job.name === 'identity.recovery')?.run(new AbortController().signal)
  const token = tokenIn(await mailOf(one, user, 'delegated-recovery'), 'recovery')
  assert.equal((await complete(stranger(one), token, 'too short')).code, 'IDENTITY_PASSWORD_UNFIT')
  assert.equal(await factorsOf(user.id), 1)
  await demand(one, { secondFactor: 'required', graceDays: 0 })

  const recovered = stranger(one)
  const answer = await complete(recovered, token)
  assert.partialDeepStrictEqual(answer.body, { user: null, attempt: { mustEnrol: true, ways: [] } })
  assert.equal(await signedInAs(recovered), null)
  assert.equal(await factorsOf(user.id), 0)
  // The old codes went with the old factors.
  assert.equal((await prove(recovered, 'recovery-code', recoveryCodes[0] as string)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  const offer = await recovered.call('POST', '/v1/sign-in/enrol/totp')
  const { id, secret } = offer.body as { id: string; secret: string }
  const body = { id, code: codeOf(house, secret), name: 'New telephone' }
  assert.ok((await recovered.call('POST', '/v1/sign-in/enrol/totp/confirm', body)).status < 300)
  assert.equal(await signedInAs(recovered), user.id)
  const removed = house.house.events.filter(
    ({ type, subjectId }) => type === 'identity.factor.removed' && subjectId === user.id,
  )
  assert.deepEqual(removed.map(({ data }) => data.factor).toSorted(), ['recovery-code', 'totp'])
  await demandNothing()
  assert.equal((await signInAs(stranger(one), email, nextPassword)).body.user, null)
})

/** The administrator has no second factor of their own, so the demand is taken back where it was made. */
async function demandNothing(): Promise<void> {
  await house.house.db.asOwner('delete from identity.sign_in_policy')
}
