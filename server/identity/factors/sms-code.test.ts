import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EnrolledFactor, Factors } from '@custodia/wire/http/factors.ts'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import { maskNumber } from './phone.ts'
import {
  begin,
  codeTo,
  demand,
  enrol,
  enrolPhone,
  mailsTo,
  newcomer,
  newNumber,
  prove,
  signedInAs,
  stranger,
  textsTo,
  unhurried,
} from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
  await demand(one, { smsCodes: true })
})
after(async () => await house.close())

/** What is sent now is newer than what was sent before. */
const later = () => house.house.machine.clock.advance(1_000)
const ask = (browser: Browser) => {
  later()
  return browser.call('POST', '/v1/sign-in/challenge', { factor: 'sms-code' })
}
const offer = (browser: Browser, number: string) => {
  later()
  return browser.call('POST', '/v1/me/factors/phone', { number })
}
const confirm = (browser: Browser, id: unknown, code: string) =>
  browser.call('POST', '/v1/me/factors/phone/confirm', { id, code })
const factorsOf = async (browser: Browser) => (await browser.call('GET', '/v1/me/factors')).body as unknown as Factors

/** Somebody with a password and a phone. */
async function caller() {
  const person = await newcomer(one)
  const number = newNumber()
  return { ...person, number, ...(await enrolPhone(one, person.browser, number)) }
}

test('who has confirmed a phone is asked for its code from then on, and is signed in by it once', async () => {
  const { email, user, number, recoveryCodes } = await caller()
  assert.equal(recoveryCodes?.length, 10)
  const { browser, attempt } = await begin(one, email)
  const masked = maskNumber(number)
  assert.deepEqual(attempt.ways[0], { factor: 'sms-code', hint: masked })
  assert.deepEqual((await ask(browser)).body, { options: null, sentTo: masked })
  const code = await codeTo(one, number)
  assert.equal((await prove(browser, 'sms-code', code)).status, 200)
  assert.equal(await signedInAs(browser), user.id)
  const again = await begin(one, email)
  assert.equal((await prove(again.browser, 'sms-code', code)).code, 'IDENTITY_FACTOR_WRONG')
  await ask(again.browser)
  assert.equal((await prove(again.browser, 'sms-code', code)).code, 'IDENTITY_FACTOR_WRONG')
})

test('the text has the code, its host and no link; nobody else’s words stand in it', async () => {
  const { number } = await caller()
  const [text] = await textsTo(one, number)
  const digits = (await codeTo(one, number)).replace(' ', '')
  assert.equal(text?.text.split('\n').at(-1), `@custodia.localhost #${digits}`)
  assert.doesNotMatch(text?.text ?? '', /https?:|www\.|Mobile/)
  assert.ok((text?.text.length ?? 0) <= 300)
})

test('the code and the number stand in the text alone: not in an event, a log line, a reply or the database', async () => {
  const { email, number, browser: session } = await caller()
  const { browser } = await begin(one, email)
  const asked = await ask(browser)
  const code = await codeTo(one, number)
  const rows = await house.house.db.asOwner(`select *, encode(number_sealed, 'escape') as text from identity.phone`)
  const codes = await house.house.db.asOwner(`select *, encode(code_hash, 'escape') as text from identity.sent_code`)
  const replies = [asked, await session.call('GET', '/v1/me/factors')]
  const everything = JSON.stringify([house.house.events, house.house.machine.lines, rows, codes, replies])
  for (const secret of [code, code.replace(' ', ''), number, number.slice(1)]) assert.ok(!everything.includes(secret))
})

test('the list shows the end of the number, and the name that it was given, renamed and removed', async () => {
  const { browser, number, id, email } = await caller()
  const only = async () => (await factorsOf(browser)).items.filter(({ factor }) => factor === 'sms-code')
  const [item] = (await only()) as [EnrolledFactor]
  assert.deepEqual([item.id, item.name, item.facts], [id, 'Mobile', [`number:${maskNumber(number)}`]])
  assert.equal((await browser.call('PATCH', `/v1/me/factors/${id}`, { name: 'Desk' })).status, 204)
  assert.equal((await only())[0]?.name, 'Desk')
  later()
  assert.equal((await browser.call('DELETE', `/v1/me/factors/${id}`)).status, 204)
  assert.deepEqual(await only(), [])
  assert.match((await mailsTo(one, email))[0]?.text ?? '', /Removed from your account: codes by text message/)
  // It may be a thief who removes it: the phone hears of it, too.
  assert.match((await textsTo(one, number))[0]?.text ?? '', /a way to sign in was removed/)
  assert.equal((await newestEvent('identity.factor.removed'))?.data.factor, 'sms-code')
})

const newestEvent = async (type: string) => house.house.events.findLast((event) => event.type === type)

test('a phone is enrolled in a fresh session alone, and by nobody without one', async () => {
  const { browser } = await newcomer(one)
  const number = newNumber()
  assert.equal((await offer(stranger(one), number)).status, 401)
  house.house.machine.clock.advance(601_000)
  assert.equal((await offer(browser, number)).code, 'FRESH_FACTOR_REQUIRED')
  assert.equal((await confirm(browser, 'fac_aaaaaaaaaaaaaaaaaaaaaaaaaa', '12345678')).code, 'FRESH_FACTOR_REQUIRED')
  assert.deepEqual(await textsTo(one, number), [])
})

test('what is no number, or one of a country that is not written to, gets nothing', async () => {
  const { browser } = await newcomer(one)
  const wrong = [
    '',
    '0151234567',
    '+49 151 2345678',
    '+0491512345',
    '+49151',
    '+4915123456789012',
    '+49151234567\n',
    '+49abc1234567',
  ]
  for (const number of wrong) assert.equal((await offer(browser, number)).status, 400, JSON.stringify(number))
  assert.equal((await offer(browser, '+18765550100')).code, 'IDENTITY_PHONE_COUNTRY')
  assert.deepEqual(await house.house.db.asOwner(`select 1 from identity.phone where confirmed_at is null`), [])
})

test('it is off where the organisation or the installation says so, for enrolling and for signing in', async () => {
  const { email, browser: session, number } = await caller()
  await demand(one, { smsCodes: false })
  assert.equal((await offer(session, newNumber())).code, 'IDENTITY_TEXTS_OFF')
  assert.ok(!(await factorsOf(session)).enrolable.includes('sms-code'))
  const { browser, attempt } = await beginOrIn(email)
  assert.equal(attempt, null, 'a password is enough again: nothing else is left that is asked for')
  assert.equal((await ask(browser)).code, 'IDENTITY_ATTEMPT_OVER')
  await demand(one, { smsCodes: true })
  const started = await begin(one, email)
  await ask(started.browser)
  const code = await codeTo(one, number)
  await demand(one, { smsCodes: false })
  assert.notEqual((await prove(started.browser, 'sms-code', code)).status, 200, 'switched off between code and proof')
  await demand(one, { smsCodes: true })
})

async function beginOrIn(email: string) {
  const browser = stranger(one)
  const { body } = await browser.call('POST', '/v1/sign-in', { email, password: 'seven grey herons wade' })
  return { browser, attempt: body.attempt }
}

test('the reply is the same whether or not somebody has the number, and both may have it', async () => {
  const { number } = await caller()
  const other = await newcomer(one)
  const mine = await newcomer(one)
  const taken = await offer(other.browser, number)
  const free = await offer(mine.browser, newNumber())
  assert.equal(taken.status, free.status)
  const shape = (body: Record<string, unknown>) => Object.keys(body).toSorted()
  assert.deepEqual(shape(taken.body), shape(free.body))
  assert.equal((await confirm(other.browser, taken.body.id, await codeTo(one, number))).status, 201)
})

test('the reply is the same where the limit of the number is reached: no text goes out, and none is told', async () => {
  const number = newNumber()
  const answers = []
  for (let n = 0; n < 10; n++) answers.push(await offer((await newcomer(one)).browser, number))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal((await textsTo(one, number)).length, 8)
})

test('a code confirms the phone that it went to, in the hands of whoever offered it, within ten minutes and five tries', async () => {
  const mira = await newcomer(one)
  const eve = await newcomer(one)
  const [first, second] = [newNumber(), newNumber()]
  const a = await offer(mira.browser, first)
  const codeA = await codeTo(one, first)
  const b = await offer(mira.browser, second)
  assert.equal((await confirm(mira.browser, b.body.id, codeA)).code, 'IDENTITY_FACTOR_WRONG', 'of another phone')
  assert.equal((await confirm(eve.browser, a.body.id, codeA)).code, 'IDENTITY_OFFER_OVER', 'of somebody else')
  for (let n = 0; n < 4; n++)
    assert.equal((await confirm(mira.browser, b.body.id, '00000000')).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal(
    (await confirm(mira.browser, b.body.id, await codeTo(one, second))).code,
    'IDENTITY_FACTOR_WRONG',
    'tried',
  )
  const { browser } = await begin(one, (await caller()).email)
  assert.equal((await prove(browser, 'sms-code', codeA)).code, 'IDENTITY_FACTOR_WRONG', 'signs nobody in')
  await house.house.db.asOwner(`update identity.phone set offered_until = created_at where confirmed_at is null`)
  assert.equal((await confirm(mira.browser, a.body.id, codeA)).code, 'IDENTITY_OFFER_OVER', 'late')
})

test('a phone is confirmed once, and a person has two of them at most, each of another number', async () => {
  const { browser } = await newcomer(one)
  const [first, second, third] = [newNumber(), newNumber(), newNumber()]
  await enrolPhone(one, browser, first)
  assert.equal((await offer(browser, first)).code, 'IDENTITY_PHONE_KNOWN')
  const late = await offer(browser, third)
  const code = await codeTo(one, third)
  await enrolPhone(one, browser, second)
  assert.equal((await confirm(browser, late.body.id, code)).code, 'IDENTITY_FACTORS_FULL')
  assert.equal((await offer(browser, newNumber())).code, 'IDENTITY_FACTORS_FULL')
})

test('a code goes to both phones of a person; one that is taken away takes its code along', async () => {
  const { email, browser: session, number, id } = await caller()
  const second = newNumber()
  later()
  await enrolPhone(one, session, second)
  const { browser, attempt } = await begin(one, email)
  assert.equal(attempt.ways[0]?.hint, `${maskNumber(number)}, ${maskNumber(second)}`)
  await ask(browser)
  const code = await codeTo(one, number)
  assert.equal(await codeTo(one, second), code)
  await session.call('DELETE', `/v1/me/factors/${id}`)
  assert.equal((await prove(browser, 'sms-code', code)).code, 'IDENTITY_FACTOR_WRONG')
})

test('five codes go out in an hour, for enrolling and signing in together', async () => {
  const { email } = await caller()
  const { browser } = await begin(one, email)
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(browser)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 4)
  assert.equal(answers.filter(({ code }) => code === 'IDENTITY_TOO_MANY_TRIES').length, 4)
})

test('a phone is no way around an authenticator app, and hears of what changes', async () => {
  const { email, browser: session, number } = await caller()
  later()
  await enrol(house, session)
  assert.match((await textsTo(one, number))[0]?.text ?? '', /a way to sign in was added \(an authenticator app\)/)
  const { browser, attempt } = await begin(one, email)
  assert.deepEqual(
    attempt.ways.map(({ factor }) => factor),
    ['totp', 'recovery-code'],
  )
  assert.equal((await ask(browser)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  assert.equal((await prove(browser, 'sms-code', '12345678')).code, 'IDENTITY_FACTOR_NOT_ASKED')
})

test('a mail code is no way around a phone: the mailbox recovers the password already', async () => {
  await demand(one, { mailCodes: true })
  const { email } = await caller()
  const { attempt } = await begin(one, email)
  assert.deepEqual(
    attempt.ways.map(({ factor }) => factor),
    ['sms-code', 'recovery-code'],
  )
  await demand(one, { mailCodes: false })
})

test('a restricted factor confirms no sensitive act: the password does', async () => {
  const { browser } = await caller()
  const { body } = await browser.call('GET', '/v1/me/fresh')
  assert.deepEqual(body.ways, [{ factor: 'password', hint: null }])
  const answer = await browser.call('POST', '/v1/me/fresh/challenge', { factor: 'sms-code' })
  assert.equal(answer.code, 'IDENTITY_FACTOR_NOT_ASKED')
})

test('the last phone stays where a second factor is demanded; where a passkey is, a phone is not enough', async () => {
  const { browser, id, email, number } = await caller()
  await demand(one, { roles: { member: 'required' }, graceDays: 0 })
  assert.equal((await browser.call('DELETE', `/v1/me/factors/${id}`)).code, 'IDENTITY_FACTOR_NEEDED')
  await demand(one, { roles: { member: 'phishing-resistant' }, graceDays: 0 })
  const { browser: door } = await begin(one, email)
  await ask(door)
  const { body } = await prove(door, 'sms-code', await codeTo(one, number))
  assert.partialDeepStrictEqual(body, { user: null, attempt: { mustEnrol: true, enrolable: ['passkey'] } })
  assert.equal(await signedInAs(door), null)
  await demand(one, { roles: {}, graceDays: 14 })
})

test('a recovery by the mailbox is heard of on the phone, in a line without a link, and still asks for its code', async () => {
  const { email, number, user } = await caller()
  later()
  assert.equal((await stranger(one).call('POST', '/v1/recovery', { email })).status, 202)
  await one.identity.settled()
  const mail = (await mailsTo(one, email)).find(({ kind }) => kind === 'recovery')
  const token = /#([a-z2-7]{52})/.exec(mail?.text ?? '')?.[1]
  const browser = stranger(one)
  later()
  const answer = await browser.call('POST', '/v1/recovery/complete', { token, password: 'eleven brass kettles hum' })
  assert.equal(answer.status, 200)
  assert.ok(answer.body.attempt !== null, 'the phone is asked for')
  assert.equal(await signedInAs(browser), null)
  const text = (await textsTo(one, number)).find(({ kind }) => kind === 'recovery-used')
  assert.match(text?.text ?? '', /^Northwind Studio: your account was recovered, /)
  assert.doesNotMatch(text?.text ?? '', /https?:|#|@/)
  await ask(browser)
  assert.equal((await prove(browser, 'sms-code', await codeTo(one, number))).status, 200)
  assert.equal(await signedInAs(browser), user.id)
})

test('a phone that was added just now is told of nothing but its code; the other one hears of it', async () => {
  const { browser, number } = await caller()
  assert.deepEqual(
    (await textsTo(one, number)).map(({ kind }) => kind),
    ['phone-code'],
  )
  const second = newNumber()
  later()
  await enrolPhone(one, browser, second)
  assert.deepEqual(
    (await textsTo(one, second)).map(({ kind }) => kind),
    ['phone-code'],
  )
  assert.equal((await textsTo(one, number))[0]?.kind, 'factor-enrolled')
})

test('what is known of a phone is exported in full, and gone with the person', async () => {
  const { user, number, id } = await caller()
  const organisationId = await organisationOf(user.id)
  const data = await one.identity.subjectData.export(organisationId, user.id)
  assert.deepEqual(data.phones, [{ id, number }])
  const texts = (await one.mail.subjectData.export(organisationId, user.id)).mails as { channel: string; to: string }[]
  assert.ok(texts.some(({ channel, to }) => channel === 'text' && to === number))
  await one.context.database.transaction((tx) => one.identity.subjectData.erase(tx, organisationId, user.id))
  assert.deepEqual(await house.house.db.asOwner(`select 1 from identity.phone where person_id = '${user.id}'`), [])
})

async function organisationOf(personId: string): Promise<string> {
  const [row] = await house.house.db.asOwner(`select organisation_id from identity.person where id = '${personId}'`)
  return row?.organisation_id as string
}
