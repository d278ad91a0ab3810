import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Session } from '@custodia/wire/http/sessions.ts'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'
import { enrol, enter, finish, halfIn, holder, stranger, wayIn } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let two: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  two = await house.process()
  administrator = await setUp(one)
})
after(async () => await house.close())

const lastRefusal = () => house.house.events.findLast((event) => event.type === 'identity.user.sign-in-refused')

test('a passkey signs in without a user name, and the session says so', async () => {
  const { key, userId } = await holder(one, administrator)
  const browser = stranger(one)
  const answer = await enter(browser, key)
  assert.equal(answer.status, 200)
  assert.partialDeepStrictEqual(answer.body, { user: { id: userId }, attempt: null })
  const me = await browser.call('GET', '/v1/me')
  assert.partialDeepStrictEqual(me.body, { user: { id: userId }, session: { factors: ['hwk'] } })
  const signedIn = house.house.events.findLast((event) => event.type === 'identity.user.signed-in')
  assert.deepEqual([signedIn?.subjectId, signedIn?.data.factors], [userId, ['hwk']])
})

test('a passkey that may be copied to a cloud is a key in software, whichever the person has beside it', async () => {
  const synced = new SoftwareAuthenticator({ backupEligible: true })
  const { browser: home, key } = await holder(one, administrator)
  assert.equal((await enrol(home, synced)).status, 201)
  const factorsBy = async (by: SoftwareAuthenticator) => {
    house.house.machine.clock.advance(1_000)
    const browser = stranger(one)
    assert.equal((await enter(browser, by)).status, 200)
    const { body } = await browser.call('GET', '/v1/me')
    const { items } = (await browser.call('GET', '/v1/sessions')).body as { items: Session[] }
    assert.equal(items.find(({ current }) => current)?.assurance, 'phishing-resistant')
    return (body.session as { factors: string[] }).factors
  }
  for (const [by, name] of [
    [synced, 'swk'],
    [key, 'hwk'],
    [synced, 'swk'],
  ] as const)
    assert.deepEqual(await factorsBy(by), [name])
})

test('the options name no passkey, say nothing of anybody, and mark the browser for five minutes', async () => {
  const browser = stranger(one)
  const { body, setCookie } = await browser.call('POST', '/v1/sign-in/passkey/options')
  assert.partialDeepStrictEqual(body.options, {
    rpId: 'custodia.localhost',
    allowCredentials: [],
    userVerification: 'required',
    timeout: 300_000,
  })
  assert.match(
    setCookie ?? '',
    /^__Host-custodia-passkey=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=300$/,
  )
})

test('several pages of a browser may each wait for a passkey', async () => {
  const { key } = await holder(one, administrator)
  const browser = stranger(one)
  const first = await wayIn(browser)
  const second = await wayIn(browser)
  assert.notEqual(first.challenge, second.challenge)
  const cookie = browser.cookie
  assert.equal((await finish(browser, key.get(second))).status, 200)
  browser.cookie = cookie
  assert.equal((await finish(browser, key.get(first))).status, 200)
})

test('whatever does not hold gets one answer, and the ledger alone says which it was', async () => {
  const known = await holder(one, administrator)
  const disabled = await holder(one, administrator)
  await administrator.call('PATCH', `/v1/users/${disabled.userId}`, { state: 'disabled' })
  const unknown = new SoftwareAuthenticator()
  unknown.create({ challenge: 'x'.repeat(43), rp: { id: 'custodia.localhost' }, user: { id: 'AAAA' } })
  const tries: [string, () => Promise<unknown>][] = [
    ['passkey-unknown', async () => await enter(stranger(one), unknown)],
    ['disabled', async () => await enter(stranger(one), disabled.key)],
    ['passkey-handle', async () => await enter(stranger(one), known.key, { userHandle: null })],
    ['passkey-handle', async () => await enter(stranger(one), known.key, { userHandle: 'AAAA' })],
    ['passkey-invalid', async () => await enter(stranger(one), known.key, { origin: 'https://evil.example' })],
    ['passkey-invalid', async () => await enter(stranger(one), known.key, { rpId: 'evil.example' })],
    ['passkey-invalid', async () => await enter(stranger(one), known.key, { verified: false })],
    ['passkey-invalid', async () => await enter(stranger(one), known.key, { present: false })],
    ['passkey-malformed', async () => await enter(stranger(one), known.key, { crossOrigin: true })],
    ['passkey-changed', async () => await enter(stranger(one), known.key, { backupEligible: true })],
    ['passkey-challenge', async () => await finish(stranger(one), known.key.get(await wayIn(stranger(one))))],
  ]
  const answers = new Set<string>()
  for (const [reason, attempt] of tries) {
    const { status, body, setCookie } = (await attempt()) as Awaited<ReturnType<typeof enter>>
    answers.add(JSON.stringify([status, { ...body, requestId: '' }, setCookie]))
    assert.equal(lastRefusal()?.data.reason, reason)
  }
  assert.equal(answers.size, 1)
  assert.match([...answers][0] ?? '', /401.*IDENTITY_FACTOR_WRONG/)
})

// Those that count nothing: a replay is refused for its challenge, not only for its counter.
const uncounted = () => new SoftwareAuthenticator({ counts: false })

test('a challenge works once, in the browser that it was made for', async () => {
  const { key } = await holder(one, administrator, uncounted())
  const [mine, theirs] = [stranger(one), stranger(one)]
  const offer = await wayIn(mine)
  await wayIn(theirs)
  const credential = key.get(offer)
  assert.equal((await finish(theirs, credential)).code, 'IDENTITY_FACTOR_WRONG', 'in another browser')
  const cookie = mine.cookie
  assert.equal((await finish(mine, credential)).status, 200)
  mine.cookie = cookie
  assert.equal((await finish(mine, credential)).code, 'IDENTITY_FACTOR_WRONG', 'replayed')
  mine.cookie = `${cookie}; ${cookie}`
  assert.equal((await finish(mine, key.get(await wayIn(stranger(one))))).code, 'IDENTITY_FACTOR_WRONG', 'two marks')
})

test('a challenge of a sign-in under way is none for a sign-in without a name', async () => {
  const { key, email } = await holder(one, administrator)
  const half = stranger(one)
  const { challenge } = await halfIn(half, email)
  const browser = stranger(one)
  const offer = await wayIn(browser)
  browser.cookie = `${browser.cookie}; ${half.cookie}`
  assert.equal((await finish(browser, key.get({ ...offer, challenge }))).code, 'IDENTITY_FACTOR_WRONG')
})

test('of one assertion that is sent fifty times at once, through two processes, one signs in', async () => {
  const { key, userId } = await holder(one, administrator, uncounted())
  const browser = stranger(one)
  const credential = key.get(await wayIn(browser))
  const before = house.house.events.length
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => {
      const at = stranger(number % 2 === 0 ? one : two)
      at.cookie = browser.cookie
      return await finish(at, credential)
    }),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal(answers.filter(({ code }) => code === 'IDENTITY_FACTOR_WRONG').length, 49)
  const since = house.house.events.slice(before)
  const signedIn = since.filter((event) => event.type === 'identity.user.signed-in' && event.subjectId === userId)
  assert.equal(signedIn.length, 1)
})

test('a sign-in by passkey ends the session that the browser had', async () => {
  const { key, browser } = await holder(one, administrator)
  const before = browser.cookie as string
  const offer = await wayIn(browser)
  browser.cookie = `${before}; ${browser.cookie}`
  assert.equal((await finish(browser, key.get(offer))).status, 200)
  assert.equal((await one.server.browser(`${before};`).call('GET', '/v1/me')).status, 401)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
})

test('tries with one credential are counted by network', async () => {
  const { key } = await holder(one, administrator)
  const browser = stranger(one)
  for (let time = 0; time < 5; time += 1)
    assert.equal((await enter(browser, key, { verified: false })).code, 'IDENTITY_FACTOR_WRONG')
  const refused = await enter(browser, key)
  assert.equal(refused.code, 'IDENTITY_TOO_MANY_TRIES')
  assert.equal(refused.status, 429)
  assert.equal((await enter(stranger(one), key)).status, 200, 'and nobody is locked out elsewhere')
})

// The last one: the clock goes on for everybody.
test('a challenge is over after five minutes', async () => {
  const { key } = await holder(one, administrator)
  const browser = stranger(one)
  const [late, inTime] = [await wayIn(browser), await wayIn(browser)]
  const cookie = browser.cookie
  house.house.machine.clock.advance(299_000)
  assert.equal((await finish(browser, key.get(inTime))).status, 200)
  browser.cookie = cookie
  house.house.machine.clock.advance(1_000)
  assert.equal((await finish(browser, key.get(late))).code, 'IDENTITY_FACTOR_WRONG')
})
