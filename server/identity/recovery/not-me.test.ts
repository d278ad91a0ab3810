import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, join, openIdentityHouse, setUp } from '../testing.ts'
import { ask, complete, mailOf, mailsOf, nextPassword, recoveryToken, signInBy, tokenIn } from './testing.ts'

const day = 86_400_000

let house: IdentityHouse
let one: IdentityProcess
let other: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  other = await house.process()
  administrator = await setUp(one)
})
after(async () => await house.close())

const stranger = () => one.server.browser()
const notMe = async (token: string, process = one) =>
  await process.server.browser().call('POST', '/v1/not-me', { token })

/** Somebody whose password was just changed, by themselves or not. */
async function changed() {
  const joined = await join(one, administrator)
  const body = { current: goodPassword, next: nextPassword }
  assert.equal((await joined.browser.call('PUT', '/v1/me/password', body)).status, 204)
  return { ...joined, token: tokenIn(await mailOf(one, joined.user, 'password-changed'), 'not-me') }
}

test('“This was not me” ends every session, makes the password useless, and mails a recovery link', async () => {
  const { browser, email, user, token } = await changed()
  const thief = other.server.browser()
  assert.equal((await signInBy(thief, email, nextPassword)).status, 200)
  assert.equal((await notMe(token)).status, 204)
  for (const one of [browser, thief]) assert.equal((await one.call('GET', '/v1/me')).code, 'AUTHENTICATION_REQUIRED')
  for (const password of [goodPassword, nextPassword])
    assert.equal((await signInBy(stranger(), email, password)).code, 'IDENTITY_CREDENTIALS_WRONG')
  const recovery = tokenIn(await mailOf(one, user, 'recovery'), 'recovery')
  assert.equal((await complete(stranger(), recovery, 'a password that is new again')).status, 200)
  const disowned = house.house.events.find((event) => event.type === 'identity.account.disowned')
  assert.deepEqual([disowned?.subjectId, disowned?.data], [user.id, { sessions: 2 }])
})

test('a sign-in that was under way is over', async () => {
  const { email, user, token } = await changed()
  await one.context.database.queries
    .withTables<{ 'identity.attempt': Record<string, unknown> }>()
    .insertInto('identity.attempt')
    .values({
      id: 'att_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      token_hash: Buffer.alloc(32),
      person_id: user.id,
      organisation_id: user.organisationId,
      proven: ['password'],
      raised: false,
      created_at: new Date(),
      expires_at: new Date('2999-01-01'),
    })
    .execute()
  assert.equal((await notMe(token)).status, 204)
  const rows = await house.house.db.asOwner(`select ended_at from identity.attempt where person_id = '${user.id}'`)
  assert.deepEqual(
    rows.map((row) => row.ended_at === null),
    [false],
  )
  assert.equal((await signInBy(stranger(), email, nextPassword)).status, 401)
})

test('it works once, of many at once through two processes exactly once, and takes the links of other notices with it', async () => {
  const { browser, user, token } = await changed()
  await browser.call('PUT', '/v1/me/password', { current: nextPassword, next: goodPassword })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => notMe(token, [one, other][n % 2])))
  assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [204, ...Array.from({ length: 19 }, () => 410)])
  const tokens = (await mailsOf(one, user)).filter((mail) => mail.kind === 'password-changed')
  for (const mail of tokens) assert.equal((await notMe(tokenIn(mail, 'not-me'))).code, 'IDENTITY_LINK_INVALID')
})

test('a recovery link that somebody had asked for before works no more', async () => {
  const { email, user, token } = await changed()
  const before = await recoveryToken(one, email, user)
  assert.equal((await notMe(token)).status, 204)
  assert.equal((await complete(stranger(), before)).code, 'IDENTITY_LINK_INVALID')
})

test('it is worth nothing after a week, or for somebody who was disabled', async () => {
  const disabled = await changed()
  await administrator.call('PATCH', `/v1/users/${disabled.user.id}`, { state: 'disabled' })
  assert.equal((await notMe(disabled.token)).code, 'IDENTITY_LINK_INVALID')
  const late = await changed()
  house.house.machine.clock.advance(7 * day)
  assert.equal((await notMe(late.token)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await signInBy(stranger(), late.email, nextPassword)).status, 200)
  await signInBy(administrator, 'ada@northwind.example')
})

test('without a link nothing happens, and nothing is hashed', async () => {
  const hashes = one.hashes()
  assert.equal((await notMe('a'.repeat(52))).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await notMe('short')).status, 400)
  assert.equal(one.hashes(), hashes)
})

test('an installation without mail makes neither notices nor links', async () => {
  const silent = await house.process()
  ;(silent.mail as { deliverable: boolean }).deliverable = false
  const { browser, email, user } = await join(silent, administrator)
  assert.equal(
    (await browser.call('PUT', '/v1/me/password', { current: goodPassword, next: nextPassword })).status,
    204,
  )
  assert.equal((await ask(silent, email, '203.0.113.77')).status, 202)
  const rows = await house.house.db.asOwner(
    `select purpose from identity.link where person_id = '${user.id}' and purpose <> 'invitation'`,
  )
  assert.deepEqual(rows, [])
  assert.equal((await mailsOf(one, user)).length, 0)
})
