import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IssuedKey, RotateKey } from '@custodia/wire/http/keys.ts'
import { join, setUp, signInAs } from '../identity/testing.ts'
import type { Browser } from '../sessions/testing.ts'
import type { KeysHouse, KeysProcess } from './testing.ts'
import { callWith, keysOf, makeKeyAs, openKeysHouse } from './testing.ts'

let house: KeysHouse
let one: KeysProcess
let other: KeysProcess
let browser: Browser
const email = 'rotating@example.org'

before(async () => {
  house = await openKeysHouse()
  one = await house.process()
  other = await house.process()
  browser = (await join(one, await setUp(one), { email, roles: ['reader'] })).browser
})
after(async () => await house.close())

const advance = (ms: number) => house.house.machine.clock.advance(ms)
const rotate = async (id: string, asked: RotateKey = {}, by = browser) =>
  await by.call('POST', `/v1/keys/${id}/rotate`, asked)
const rotated = async (id: string, asked: RotateKey = {}) => {
  const answer = await rotate(id, asked)
  assert.equal(answer.status, 200, String(answer.code))
  return answer.body as unknown as IssuedKey
}
const everywhere = async (token: string | null) =>
  (await Promise.all([callWith(one, token), callWith(other, token)])).map(({ code, status }) => code ?? status)
const both = (what: string | number) => [what, what]

test('after a rotation both secrets hold until the overlap is over, and then the new one alone', async () => {
  const made = await makeKeyAs(browser)
  assert.deepEqual(await everywhere(made.token), both(200))
  const next = await rotated(made.key.id, { overlapSeconds: 300 })
  assert.equal(next.key.id, made.key.id)
  assert.notEqual(next.token, made.token)
  for (const token of [made.token, next.token]) assert.deepEqual(await everywhere(token), both(200))
  advance(299_999)
  assert.deepEqual(await everywhere(made.token), both(200))
  advance(1)
  assert.deepEqual(await everywhere(made.token), both('APIKEY_INVALID'))
  assert.deepEqual(await everywhere(next.token), both(200))
  const listed = (await keysOf(browser)).find(({ id }) => id === made.key.id)
  assert.equal(listed?.overlapUntil, null)
})

test('without an overlap the old secret is dead on the very next request, in every process', async () => {
  const made = await makeKeyAs(browser)
  assert.deepEqual(await everywhere(made.token), both(200))
  const next = await rotated(made.key.id, { overlapSeconds: 0 })
  assert.deepEqual(await everywhere(made.token), both('APIKEY_INVALID'))
  assert.deepEqual(await everywhere(next.token), both(200))
})

test('an old secret never outlives its own expiry by a rotation', async () => {
  const made = await makeKeyAs(browser, { days: 1 })
  const before = Date.parse(String(made.key.expiresAt))
  advance(86_400_000 - 60_000)
  await signInAgain()
  const next = await rotated(made.key.id, { overlapSeconds: 86_400, days: 2 })
  assert.equal(next.key.overlapUntil, made.key.expiresAt)
  assert.ok(Date.parse(String(next.key.expiresAt)) > before)
  assert.deepEqual(await everywhere(made.token), both(200))
  advance(60_000)
  assert.deepEqual(await everywhere(made.token), both('APIKEY_INVALID'))
  assert.deepEqual(await everywhere(next.token), both(200))
})

test('two halves at most: a second rotation ends the oldest at once', async () => {
  const made = await makeKeyAs(browser)
  const second = await rotated(made.key.id)
  const third = await rotated(made.key.id)
  assert.deepEqual(await everywhere(made.token), both('APIKEY_INVALID'))
  for (const token of [second.token, third.token]) assert.deepEqual(await everywhere(token), both(200))
})

test('of many who rotate at once one wins, and only the secrets of who won hold', async () => {
  const made = await makeKeyAs(browser)
  const answers = await Promise.all(Array.from({ length: 12 }, () => rotate(made.key.id)))
  const won = answers.filter(({ status }) => status === 200)
  const lost = answers.filter(({ code }) => code === 'APIKEY_ROTATED_MEANWHILE')
  assert.ok(won.length >= 1)
  assert.equal(won.length + lost.length, 12)
  // Those who came one after the other won each; the last two secrets are those that hold.
  const tokens = won.map(({ body }) => (body as unknown as IssuedKey).token)
  const holding = (await Promise.all(tokens.map((token) => callWith(one, token)))).filter(
    ({ status }) => status === 200,
  )
  assert.equal(holding.length, Math.min(2, won.length))
})

test('what is revoked is revoked with both halves, and is not rotated back to life', async () => {
  const made = await makeKeyAs(browser)
  const next = await rotated(made.key.id)
  assert.equal((await browser.call('DELETE', `/v1/keys/${made.key.id}`)).status, 204)
  for (const token of [made.token, next.token]) assert.deepEqual(await everywhere(token), both('APIKEY_INVALID'))
  assert.equal((await rotate(made.key.id)).code, 'APIKEY_UNKNOWN')
})

test('an expired key is not rotated, nor one for longer than allowed, nor with a public key that it has no place for', async () => {
  const made = await makeKeyAs(browser, { days: 1 })
  assert.equal((await rotate(made.key.id, { days: 91 })).code, 'APIKEY_EXPIRY_TOO_LATE')
  assert.equal((await rotate(made.key.id, { publicKey: 'A'.repeat(43) })).code, 'APIKEY_PUBLIC_KEY_INVALID')
  assert.equal((await rotate(made.key.id, { overlapSeconds: 604_801 })).code, 'REQUEST_INVALID')
  advance(86_400_000)
  await signInAgain()
  assert.equal((await rotate(made.key.id)).code, 'APIKEY_UNKNOWN')
})

test('making, rotating and revoking ask for a fresh proof, but for revoking', async () => {
  const made = await makeKeyAs(browser)
  advance(601_000)
  assert.equal((await makeKeyAs(browser)).answer.code, 'FRESH_FACTOR_REQUIRED')
  assert.equal((await rotate(made.key.id)).code, 'FRESH_FACTOR_REQUIRED')
  assert.equal((await browser.call('DELETE', `/v1/keys/${made.key.id}`)).status, 204)
})

async function signInAgain(): Promise<void> {
  browser = one.server.browser()
  assert.equal((await signInAs(browser, email)).status, 200)
}
