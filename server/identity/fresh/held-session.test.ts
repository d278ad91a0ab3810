import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import { begin, codeOf, holder, prove, signedInAs, stranger, unhurried } from '../factors/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, openIdentityHouse, setUp, signInAs } from '../testing.ts'

const otherBrowser = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
}

let house: IdentityHouse
let one: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(async () => await house.close())

/** Somebody with a second factor, and a thief with a copy of their cookie who was stopped by another browser. */
async function robbed() {
  const person = await holder(house, one)
  const thief = stranger(one, person.browser.cookie)
  const tried = await thief.call('GET', '/v1/me', undefined, otherBrowser)
  assert.deepEqual([tried.status, tried.code], [401, 'SESSIONS_HELD'])
  assert.equal((await person.browser.call('GET', '/v1/me')).code, 'SESSIONS_HELD')
  return { ...person, thief, stolen: person.browser.cookie as string }
}
/** With the cookie that was copied, and from the browser of choice: all that a thief can look like. */
const asThief = (browser: Browser, method: string, path: string, body?: unknown) =>
  Promise.all([browser.call(method, path, body, otherBrowser), browser.call(method, path, body)])

test('a held session is not confirmed by whoever has its cookie, not with the right password nor with a code', async () => {
  const { thief, secret } = await robbed()
  for (const proof of [
    { factor: 'password', password: goodPassword },
    { factor: 'totp', code: codeOf(house, secret, 1) },
  ])
    for (const { status, code } of await asThief(thief, 'POST', '/v1/me/fresh', proof))
      assert.deepEqual([status, code], [401, 'SESSIONS_HELD'])
})

test('the thief who knows the password is asked for the factor, and what was held stays held', async () => {
  const { thief, email, browser } = await robbed()
  const { body } = await signInAs(thief, email)
  assert.notEqual(body.attempt, null)
  assert.equal((await prove(thief, 'totp', '000000')).status, 401)
  assert.equal((await browser.call('GET', '/v1/me')).code, 'SESSIONS_HELD')
})

test('its owner proves both, and goes on; the copy is worth nothing, and holds nothing again', async () => {
  const { browser, email, secret, user, thief, stolen } = await robbed()
  assert.notEqual((await signInAs(browser, email)).body.attempt, null)
  // A browser sends the cookie of the sign-in beside the one that is held.
  const cookie = `${browser.cookie}; ${stolen}`
  const proof = { factor: 'totp', code: codeOf(house, secret, 1) }
  assert.equal((await browser.call('POST', '/v1/sign-in/factor', proof, { cookie })).status, 200)
  for (const { status, code } of await asThief(thief, 'GET', '/v1/me'))
    assert.deepEqual([status, code], [401, 'AUTHENTICATION_REQUIRED'])
  assert.equal(await signedInAs(browser), user.id)
  assert.notEqual(browser.cookie, stolen)
  const { body } = await browser.call('GET', '/v1/sessions')
  assert.equal((body.items as { held: unknown }[]).filter(({ held }) => held !== null).length, 0)
})

test('somebody else who signs in with the copied cookie does not end what is held', async () => {
  const { thief, stolen } = await robbed()
  const other = await holder(house, one)
  const { attempt } = await begin(one, other.email)
  assert.notEqual(attempt, null)
  await signInAs(thief, other.email)
  assert.equal((await prove(thief, 'totp', codeOf(house, other.secret, 1))).status, 200)
  assert.equal((await stranger(one, stolen).call('GET', '/v1/me')).code, 'SESSIONS_HELD')
})
