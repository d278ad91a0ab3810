import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EnrolledFactor } from '@custodia/wire/http/factors.ts'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { begin, enrol, holder, mailsTo, newcomer, prove, signedInAs, stranger, unhurried } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(async () => await house.close())

const someone = () => holder(house, one)
const item = async (browser: Browser) =>
  ((await browser.call('GET', '/v1/me/factors')).body.items as EnrolledFactor[]).find(
    (one) => one.factor === 'recovery-code',
  )
const make = async (browser: Browser) =>
  (await browser.call('POST', '/v1/me/factors/recovery-codes')).body.codes as string[]

test('ten codes come with the first second factor, each of 50 random bits, and none is like another', async () => {
  const { recoveryCodes, browser } = await someone()
  assert.equal(recoveryCodes.length, 10)
  for (const code of recoveryCodes) assert.match(code, /^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
  const characters = new Set([...(await make(browser)), ...(await make(browser)), ...recoveryCodes].join(''))
  assert.ok(characters.size > 25, 'all of the alphabet is drawn from')
  assert.equal(new Set(recoveryCodes).size, 10)
})

test('password, then recovery code, then session; the code works no second time, and its owner is told', async () => {
  const { email, user, recoveryCodes } = await someone()
  const code = recoveryCodes[3] as string
  const { browser, attempt } = await begin(one, email)
  assert.deepEqual(attempt.ways.at(-1), { factor: 'recovery-code', hint: '10 codes left' })
  assert.equal((await prove(browser, 'recovery-code', code)).status, 200)
  assert.equal(await signedInAs(browser), user.id)
  assert.deepEqual((await item(browser))?.facts, ['codes-left:9'])

  const again = await begin(one, email)
  assert.deepEqual(again.attempt.ways.at(-1), { factor: 'recovery-code', hint: '9 codes left' })
  assert.equal((await prove(again.browser, 'recovery-code', code)).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal(await signedInAs(again.browser), null)
  const used = house.house.events.filter(
    ({ type, subjectId }) => type === 'identity.recovery-code.used' && subjectId === user.id,
  )
  assert.deepEqual(
    used.map(({ data }) => data),
    [{ left: 9 }],
  )
  const told = (await mailsTo(one, email)).map(({ kind }) => kind)
  assert.ok(told.includes('recovery-code-used'), told.join())
})

test('a code is read as people write it, and no further', async () => {
  const { email, recoveryCodes } = await someone()
  const spelled = [
    (code: string) => code.toUpperCase(),
    (code: string) => code.replace('-', ''),
    (code: string) => `${[...code].join(' ')}`,
    (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'I'),
  ]
  for (const [at, spell] of spelled.entries()) {
    const { browser } = await begin(one, email)
    const answer = await prove(browser, 'recovery-code', spell(recoveryCodes[at] as string))
    assert.equal(answer.status, 200, `spelling ${at}`)
  }
  for (const spell of [
    (code: string) => code.slice(0, -1),
    (code: string) => `${code}0`,
    (code: string) => `${code.slice(6)}-${code.slice(0, 5)}`,
  ]) {
    const { browser } = await begin(one, email)
    assert.equal((await prove(browser, 'recovery-code', spell(recoveryCodes[9] as string))).status, 401)
  }
})

test('the codes of somebody else are worth nothing', async () => {
  const mira = await someone()
  const other = await someone()
  const { browser } = await begin(one, mira.email)
  for (const code of other.recoveryCodes.slice(0, 3))
    assert.equal((await prove(browser, 'recovery-code', code)).code, 'IDENTITY_FACTOR_WRONG')
  assert.deepEqual((await item(other.browser))?.facts, ['codes-left:10'])
})

test('new codes void the old ones, and need a session that was confirmed lately', async () => {
  const { email, browser, recoveryCodes } = await someone()
  const before = await item(browser)
  const codes = await make(browser)
  assert.notEqual((await item(browser))?.id, before?.id)
  const old = await begin(one, email)
  assert.equal((await prove(old.browser, 'recovery-code', recoveryCodes[0] as string)).status, 401)
  assert.equal((await prove(old.browser, 'recovery-code', codes[0] as string)).status, 200)
  house.house.machine.clock.advance(601_000)
  const late = await browser.call('POST', '/v1/me/factors/recovery-codes')
  assert.equal(late.code, 'FRESH_FACTOR_REQUIRED')
})

test('once all are used up they are no way any more; the next factor brings new ones', async () => {
  const { email, browser, recoveryCodes } = await someone()
  for (const code of recoveryCodes)
    assert.equal((await prove((await begin(one, email)).browser, 'recovery-code', code)).status, 200)
  const { attempt } = await begin(one, email)
  assert.deepEqual(
    attempt.ways.map(({ factor }) => factor),
    ['totp'],
  )
  // Ten sessions later this browser's is long over.
  await signInAs(browser, email)
  const fresh = await holder(house, one)
  assert.equal((await enrol(house, fresh.browser)).recoveryCodes, null, 'not while some are left')
})

test('codes can be taken away as one, by nobody else', async () => {
  const mira = await someone()
  const other = await someone()
  const path = `/v1/me/factors/${(await item(mira.browser))?.id}`
  assert.equal((await other.browser.call('DELETE', path)).code, 'IDENTITY_FACTOR_UNKNOWN')
  assert.equal((await mira.browser.call('DELETE', path)).status, 204)
  assert.equal(await item(mira.browser), undefined)
  const { browser } = await begin(one, mira.email)
  const code = mira.recoveryCodes[0] as string
  assert.equal((await prove(browser, 'recovery-code', code)).code, 'IDENTITY_FACTOR_NOT_ASKED')
})

test('whoever has no second factor is not asked for a code, and a code is no way in without the password', async () => {
  const { browser, email } = await newcomer(one)
  const codes = await make(browser)
  assert.equal((await signInAs(stranger(one), email)).body.attempt, null)
  assert.equal((await prove(stranger(one), 'recovery-code', codes[0] as string)).code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal((await signInAs(stranger(one), email, codes[0] as string)).code, 'IDENTITY_CREDENTIALS_WRONG')
})
