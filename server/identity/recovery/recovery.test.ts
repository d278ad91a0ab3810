import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, join, openIdentityHouse, setUp } from '../testing.ts'
import { ask, complete, mailOf, mailsOf, nextPassword, recoveryToken, signInBy, tokenIn } from './testing.ts'

const minute = 60_000

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
const check = async (token: string) => await stranger().call('POST', '/v1/links/check', { token })
const eventsOf = (type: string) => house.house.events.filter((event) => event.type === `identity.${type}`)
const refused = async (token: string) => assert.equal((await complete(stranger(), token)).code, 'IDENTITY_LINK_INVALID')
/** The administrator's session ends while the clock moves. */
const again = async () => assert.equal((await signInBy(administrator, 'ada@northwind.example')).status, 200)

test('a recovery sets a new password, signs in, ends every session and tells the person', async () => {
  const { email, user, browser } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  assert.partialDeepStrictEqual((await check(token)).body, { purpose: 'recovery', email })
  const recovered = stranger()
  const answer = await complete(recovered, token)
  assert.equal(answer.status, 200)
  assert.partialDeepStrictEqual(answer.body, { user: { id: user.id }, attempt: null })
  assert.equal((await recovered.call('GET', '/v1/me')).status, 200)
  assert.equal((await browser.call('GET', '/v1/me')).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await signInBy(stranger(), email)).code, 'IDENTITY_CREDENTIALS_WRONG')
  assert.equal((await signInBy(stranger(), email, nextPassword)).status, 200)
  const notice = await mailOf(one, user, 'recovery-used')
  assert.equal(notice.to, email)
  assert.match(notice.text, /From: 127\.0\.0\.1/)
  tokenIn(notice, 'not-me')
  assert.equal(eventsOf('recovery.completed').at(-1)?.subjectId, user.id)
})

test('neither the ledger nor a link’s row holds the token, and the mail names it in the fragment only', async () => {
  const { email, user } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  assert.equal(JSON.stringify(house.house.events).includes(token), false)
  assert.equal(
    JSON.stringify(await house.house.db.asOwner('select l::text from identity.link l')).includes(token),
    false,
  )
  assert.equal((await mailOf(one, user, 'recovery')).text.split(token).length, 2)
})

test('unknown, invited and disabled people get the same answer, and no mail', async () => {
  const invited = await administrator.call('POST', '/v1/invitations', { email: 'i@example.org', name: 'I', roles: [] })
  const disabled = await join(one, administrator, { email: 'd@example.org' })
  await administrator.call('PATCH', `/v1/users/${disabled.user.id}`, { state: 'disabled' })
  const cases = [
    ['nobody@example.org', 'unknown', null],
    ['i@example.org', 'invited', invited.body.user],
    ['d@example.org', 'disabled', disabled.user],
  ] as const
  for (const [email, reason, user] of cases) {
    const answer = await ask(one, email, '203.0.113.1')
    assert.deepEqual([answer.status, answer.body], [202, { linkSeconds: 1_800 }])
    assert.equal(eventsOf('recovery.refused').at(-1)?.data.reason, reason)
    assert.equal(JSON.stringify(eventsOf('recovery.refused').at(-1)?.data).includes(email), false)
    if (user !== null) {
      const kinds = (await mailsOf(one, user as typeof disabled.user)).map((mail) => mail.kind)
      assert.equal(kinds.includes('recovery'), false, email)
    }
  }
})

test('of fifty who use one link at once through two processes exactly one wins', async () => {
  const { email, user } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const answer = await complete([one, other][n % 2]?.server.browser() as Browser, token, `${nextPassword} ${n}`)
      return { n, answer }
    }),
  )
  const won = answers.filter(({ answer }) => answer.status === 200)
  assert.equal(won.length, 1)
  for (const { answer } of answers) if (answer.status !== 200) assert.equal(answer.code, 'IDENTITY_LINK_INVALID')
  assert.equal((await signInBy(stranger(), email, `${nextPassword} ${won[0]?.n}`)).status, 200)
  assert.equal((await mailsOf(one, user)).filter((mail) => mail.kind === 'recovery-used').length, 1)
})

test('an unfit password leaves the link as it was, a fit one uses it up', async () => {
  const { email, user } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  for (const password of ['too short', email.repeat(2), 'aaaaaaaaaaaaaaaaaaaaaa']) {
    const answer = await complete(stranger(), token, password)
    assert.deepEqual([answer.status, answer.code], [422, 'IDENTITY_PASSWORD_UNFIT'])
  }
  assert.equal((await signInBy(stranger(), email)).status, 200)
  assert.equal((await complete(stranger(), token)).status, 200)
  await refused(token)
})

test('a recovery link is worth nothing after half an hour', async () => {
  const { email, user } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  house.house.machine.clock.advance(30 * minute)
  await refused(token)
  assert.equal((await check(token)).code, 'IDENTITY_LINK_INVALID')
  await again()
})

test('a later link replaces the one before, also of two that are asked for at once', async () => {
  const { email, user } = await join(one, administrator)
  const first = await recoveryToken(one, email, user)
  const second = await recoveryToken(one, email, user)
  await refused(first)
  await Promise.all([ask(one, email, '203.0.113.20'), ask(other, email, '203.0.113.21')])
  const live = await house.house.db.asOwner(
    `select count(*)::int as n from identity.link
     where person_id = '${user.id}' and purpose = 'recovery' and used_at is null`,
  )
  assert.equal(live[0]?.n, 1)
  await refused(second)
})

test('a link of before the password was changed, or the person disabled, works no more', async () => {
  const { email, user, browser } = await join(one, administrator)
  const token = await recoveryToken(one, email, user)
  const changed = await browser.call('PUT', '/v1/me/password', { current: goodPassword, next: nextPassword })
  assert.equal(changed.status, 204)
  await refused(token)
  const second = await recoveryToken(one, email, user)
  await administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'disabled' })
  await refused(second)
  await administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'active' })
  await refused(second)
})

test('whoever asks too often from one network waits, known or not', async () => {
  const { email } = await join(one, administrator)
  for (const [n, address] of [email, 'not-there@example.org'].entries()) {
    const statuses: number[] = []
    for (let tries = 0; tries < 7; tries++) statuses.push((await ask(one, address, `203.0.113.${40 + n}`)).status)
    assert.deepEqual(statuses, [202, 202, 202, 202, 202, 429, 429])
  }
})

test('from many networks somebody gets five mails an hour, and the answer does not change', async () => {
  const { email, user } = await join(one, administrator)
  for (let tries = 0; tries < 8; tries++) assert.equal((await ask(one, email, `203.0.114.${tries}`)).status, 202)
  assert.equal((await mailsOf(one, user)).filter((mail) => mail.kind === 'recovery').length, 5)
  assert.equal(eventsOf('recovery.refused').at(-1)?.data.reason, 'throttled')
  // The last that was mailed still works: strangers who ask can't take it away.
  assert.equal((await complete(stranger(), tokenIn(await mailOf(one, user, 'recovery'), 'recovery'))).status, 200)
})

test('tries at recoveries cost nobody their tries at passwords', async () => {
  const { email } = await join(one, administrator)
  const from = { 'x-forwarded-for': '203.0.115.9' }
  for (let tries = 0; tries < 6; tries++) await ask(one, email, '203.0.115.9')
  const body = { email, password: goodPassword }
  assert.equal((await stranger().call('POST', '/v1/sign-in', body, from)).status, 200)
})

test('what is no address and no token is refused before anything is done', async () => {
  const hashes = one.hashes()
  for (const body of [{}, { email: 'x' }, { email: 5 }, { email: 'a@b.example', more: 1 }])
    assert.equal((await stranger().call('POST', '/v1/recovery', body)).status, 400)
  for (const token of ['', 'a'.repeat(51), 'A'.repeat(52), 5, null])
    assert.equal((await complete(stranger(), token as string)).status, 400)
  await refused('a'.repeat(52))
  assert.equal(one.hashes(), hashes)
})

test('a person who is in somewhere else leaves that session when this browser recovers another account', async () => {
  const [mira, noor] = [await join(one, administrator), await join(one, administrator)]
  const before = mira.browser.cookie
  const token = await recoveryToken(one, noor.email, noor.user)
  assert.equal((await complete(mira.browser, token)).status, 200)
  const back = stranger()
  back.cookie = before
  assert.equal((await back.call('GET', '/v1/me')).code, 'AUTHENTICATION_REQUIRED')
})
