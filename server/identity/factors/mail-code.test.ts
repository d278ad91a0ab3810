import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import { maskAddress } from './mail-code.ts'
import { begin, demand, holder, mailsTo, newcomer, prove, signedInAs, stranger, unhurried } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
  for (let n = 0; n < 12; n++) people.push(await newcomer(one))
  await demand(one, { mailCodes: true, roles: { member: 'required' }, graceDays: 0 })
})
after(async () => await house.close())

type Newcomer = Awaited<ReturnType<typeof newcomer>>
/** Of whom a second factor is demanded, and who have enrolled none. */
const people: Newcomer[] = []
const someone = () => people.pop() as Newcomer
const ask = (browser: Browser) => browser.call('POST', '/v1/sign-in/challenge', { factor: 'mail-code' })
/** The code of the newest mail. */
async function newest(email: string): Promise<string> {
  const mail = (await mailsTo(one, email)).find(({ kind }) => kind === 'sign-in-code')
  return /Your code: (\d{4} \d{4})/.exec(mail?.text ?? '')?.[1] ?? 'none'
}

test('password, then the code from the mail, then session', async () => {
  const { email, user } = someone()
  const { browser, attempt } = await begin(one, email)
  const masked = maskAddress(email)
  assert.deepEqual(
    attempt.ways.find(({ factor }) => factor === 'mail-code'),
    { factor: 'mail-code', hint: masked },
  )
  const asked = await ask(browser)
  assert.deepEqual(asked.body, { options: null, sentTo: masked })
  const code = await newest(email)
  assert.equal((await prove(browser, 'mail-code', code)).status, 200)
  assert.equal(await signedInAs(browser), user.id)
  const again = await begin(one, email)
  assert.equal((await prove(again.browser, 'mail-code', code)).code, 'IDENTITY_FACTOR_WRONG')
})

test('an address is masked to what its owner knows it by', () => {
  assert.equal(maskAddress('mira@northwind.example'), 'm…@northwind.example')
  assert.equal(maskAddress('😀x@northwind.example'), '😀…@northwind.example')
  assert.equal(maskAddress('"a@b"@northwind.example'), '"…@northwind.example')
})

test('a code that nobody asked for does not exist', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  for (const code of ['00000000', '12345678']) assert.equal((await prove(browser, 'mail-code', code)).status, 401)
})

test('a code is good for the sign-in that asked for it, and for no other', async () => {
  const mira = someone()
  const other = someone()
  const first = await begin(one, mira.email)
  const second = await begin(one, mira.email)
  await ask(first.browser)
  const code = await newest(mira.email)
  await ask(second.browser)
  assert.equal((await prove(second.browser, 'mail-code', code)).status, 401, 'another sign-in of the same person')
  const theirs = await begin(one, other.email)
  await ask(theirs.browser)
  assert.equal((await prove(theirs.browser, 'mail-code', code)).status, 401, 'a sign-in of somebody else')
  assert.equal((await prove(first.browser, 'mail-code', code)).status, 200)
})

test('a later code replaces the earlier one', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  await ask(browser)
  const early = await newest(email)
  house.house.machine.clock.advance(1_000)
  await ask(browser)
  const late = await newest(email)
  assert.notEqual(early, late)
  assert.equal((await prove(browser, 'mail-code', early)).status, 401)
  assert.equal((await prove(browser, 'mail-code', late)).status, 200)
})

test('after five wrong tries the right code is void, wherever they came from', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  await ask(browser)
  const code = await newest(email)
  for (let tries = 0; tries < 5; tries++)
    assert.equal((await prove(stranger(one, browser.cookie), 'mail-code', '00000000')).status, 401)
  assert.equal((await prove(stranger(one, browser.cookie), 'mail-code', code)).code, 'IDENTITY_FACTOR_WRONG')
})

test('a code has ten minutes', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  await ask(browser)
  const code = await newest(email)
  // The sign-in is over at the same moment, so this looks at what is stored.
  const live = () =>
    house.house.db.asOwner(`select extract(epoch from expires_at - created_at)::integer as seconds
      from identity.sent_code where used_at is null order by created_at desc limit 1`)
  assert.deepEqual(await live(), [{ seconds: 600 }])
  await house.house.db.asOwner(`update identity.sent_code set expires_at = created_at`)
  assert.equal((await prove(browser, 'mail-code', code)).status, 401)
})

test('five codes go out in an hour, also when they are asked for at once; then one waits', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(browser)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 5)
  const refused = answers.filter(({ code }) => code === 'IDENTITY_TOO_MANY_TRIES')
  assert.deepEqual(
    refused.map(({ status }) => status),
    [429, 429, 429],
  )
  house.house.machine.clock.advance(3_599_000)
  assert.equal((await ask((await begin(one, email)).browser)).status, 429)
  house.house.machine.clock.advance(1_000)
  assert.equal((await ask((await begin(one, email)).browser)).status, 200)
})

test('it is asked for only where a second factor is, and never where it is off', async () => {
  const { email } = someone()
  assert.equal((await ask(stranger(one))).code, 'IDENTITY_ATTEMPT_OVER')
  await demand(one, { mailCodes: false })
  const { browser, attempt } = await begin(one, email)
  assert.deepEqual([attempt.ways, attempt.mustEnrol], [[], true])
  assert.equal((await ask(browser)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  assert.equal((await prove(browser, 'mail-code', '12345678')).code, 'IDENTITY_FACTOR_NOT_ASKED')
  await demand(one, { mailCodes: true })
})

test('whoever has an authenticator is not let around it by mail, which also recovers passwords', async () => {
  await demand(one, { roles: {} })
  const { email, browser: session } = await holder(house, one)
  const { browser, attempt } = await begin(one, email)
  assert.ok(!attempt.ways.some(({ factor }) => factor === 'mail-code'))
  assert.equal((await ask(browser)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  const answer = await session.call('POST', '/v1/me/fresh/challenge', { factor: 'mail-code' })
  assert.equal(answer.code, 'IDENTITY_FACTOR_NOT_ASKED')
  await demand(one, { roles: { member: 'required' } })
})

test('the code stands in the mail alone: not in an event, a log line, a reply or the database', async () => {
  const { email } = someone()
  const { browser } = await begin(one, email)
  const asked = await ask(browser)
  const code = await newest(email)
  const rows = await house.house.db.asOwner(`select *, encode(code_hash, 'escape') as text from identity.sent_code`)
  const everything = JSON.stringify([house.house.events, house.house.machine.lines, rows, asked])
  for (const text of [code, code.replace(' ', '')]) assert.ok(!everything.includes(text))
  const mail = (await mailsTo(one, email)).find(({ kind }) => kind === 'sign-in-code')
  assert.ok(mail?.text.includes(code))
  assert.ok(!mail?.subject.includes(code.slice(0, 4)))
})
