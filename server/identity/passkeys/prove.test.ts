import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp, signInAs } from '../testing.ts'
import type { RequestOptions, Twist } from './software-authenticator.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'
import { creation, elsewhere, enrol, enter, halfIn, holder, optionsOf, prove, stranger, wayIn } from './testing.ts'

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

const factsOf = async (browser: Browser) => {
  const { body } = await browser.call('GET', '/v1/me/factors')
  return (body.items as { facts: string[] }[])[0]?.facts
}
const warnings = (userId: string) =>
  house.house.events.filter((event) => event.type === 'identity.passkey.clone-suspected' && event.subjectId === userId)

test('whoever has a passkey is asked for it after the password, and both together sign in', async () => {
  const { email, userId, key } = await holder(one, administrator)
  const browser = stranger(one)
  const answer = await signInAs(browser, email)
  assert.partialDeepStrictEqual(answer.body, { user: null, attempt: { ways: [{ factor: 'passkey' }] } })
  const options = await optionsOf<RequestOptions & { userVerification: string }>(browser, '/v1/sign-in/challenge', {
    factor: 'passkey',
  })
  assert.deepEqual(
    options.allowCredentials.map(({ id }) => id),
    [key.held[0]?.id.toString('base64url')],
  )
  assert.equal(options.userVerification, 'required')
  const done = await prove(browser, key.get(options))
  assert.partialDeepStrictEqual(done.body, { user: { id: userId }, attempt: null })
  const me = await browser.call('GET', '/v1/me')
  assert.partialDeepStrictEqual(me.body, { session: { factors: ['pwd', 'hwk'] } })
})

test('an authenticator that does not say the handle again proves a second factor', async () => {
  const { email, key } = await holder(one, administrator)
  const browser = stranger(one)
  assert.equal((await prove(browser, key.get(await halfIn(browser, email), { userHandle: null }))).status, 200)
})

const dishonest: [string, Twist][] = [
  ['another origin', { origin: 'https://custodia.localhost.evil.example' }],
  ['a port of our host', { origin: 'http://custodia.localhost:8080' }],
  ['another relying party', { rpId: 'localhost' }],
  ['a registration instead', { type: 'webauthn.create' }],
  ['a page inside another', { crossOrigin: true }],
  ['a person who was not verified', { verified: false }],
  ['nobody present', { present: false }],
  ['a passkey that suddenly can be backed up', { backupEligible: true }],
  ['a backup of what can not be backed up', { backedUp: true }],
  ['a challenge of its own', { challenge: Buffer.alloc(32, 1).toString('base64url') }],
  ['the signature of another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
  ['another user handle', { userHandle: Buffer.alloc(64).toString('base64url') }],
  [
    'data that was changed after signing',
    { tamper: (data) => Buffer.concat([data.subarray(0, 36), Buffer.from([9])]) },
  ],
]
for (const [what, twist] of dishonest)
  test(`a proof is refused for ${what}`, async () => {
    const { email, key } = await holder(one, administrator)
    const browser = stranger(one)
    const answer = await prove(browser, key.get(await halfIn(browser, email), twist))
    assert.equal(answer.status, 401)
    assert.equal(answer.code, 'IDENTITY_FACTOR_WRONG')
    assert.equal((await browser.call('GET', '/v1/me')).status, 401)
  })

test('a proof is bound to its own sign-in, its own purpose and its own person', async () => {
  const mine = await holder(one, administrator)
  const theirs = await holder(one, administrator)
  const [here, there] = [stranger(one), stranger(one)]
  const mineHere = await halfIn(here, mine.email)
  const mineThere = await halfIn(there, mine.email)
  assert.equal((await prove(there, mine.key.get(mineHere))).code, 'IDENTITY_FACTOR_WRONG', 'of another sign-in')
  const { challenge } = await wayIn(stranger(one))
  assert.equal((await prove(here, mine.key.get({ ...mineHere, challenge }))).code, 'IDENTITY_FACTOR_WRONG')
  const foreign = theirs.key.get({ ...mineThere, allowCredentials: [] })
  assert.equal((await prove(there, foreign)).code, 'IDENTITY_FACTOR_WRONG', "another person's passkey")
  const abroad = await elsewhere(one)
  const key = new SoftwareAuthenticator()
  assert.equal((await enrol(abroad.browser, key)).status, 201)
  const again = await optionsOf<RequestOptions>(there, '/v1/sign-in/challenge', { factor: 'passkey' })
  const far = await prove(there, key.get({ ...again, allowCredentials: [] }))
  assert.equal(far.code, 'IDENTITY_FACTOR_WRONG', "another organisation's passkey")
  assert.equal((await prove(here, mine.key.get(mineHere))).status, 200, 'nothing of that used the first up')
})

test('of one assertion that is sent fifty times at once, through two processes, one is taken', async () => {
  const { email, key } = await holder(one, administrator, new SoftwareAuthenticator({ counts: false }))
  const browser = stranger(one)
  const credential = key.get(await halfIn(browser, email))
  const cookie = browser.cookie as string
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, number) => {
      const at = stranger(number % 2 === 0 ? one : two)
      at.cookie = cookie
      return await prove(at, credential)
    }),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.ok(answers.every(({ status }) => status < 500))
})

test('a passkey confirms a session, whose cookie changes', async () => {
  const { browser, key } = await holder(one, administrator, new SoftwareAuthenticator({ counts: false }))
  const options = await optionsOf<RequestOptions>(browser, '/v1/me/fresh/challenge', { factor: 'passkey' })
  const { cookie } = browser
  const other = await holder(one, administrator)
  const crossed = await other.browser.call('POST', '/v1/me/fresh', { factor: 'passkey', credential: key.get(options) })
  assert.equal(crossed.code, 'IDENTITY_FACTOR_WRONG', 'of another session')
  const credential = key.get(options)
  assert.equal((await browser.call('POST', '/v1/me/fresh', { factor: 'passkey', credential })).status, 204)
  assert.notEqual(browser.cookie, cookie)
  assert.partialDeepStrictEqual((await browser.call('GET', '/v1/me')).body, { session: { factors: ['pwd', 'hwk'] } })
  const { challenge } = await creation(browser)
  const misused = key.get({ ...options, challenge })
  const answer = await browser.call('POST', '/v1/me/fresh', { factor: 'passkey', credential: misused })
  assert.equal(answer.code, 'IDENTITY_FACTOR_WRONG', 'a challenge for adding a passkey')
  const replayed = await browser.call('POST', '/v1/me/fresh', { factor: 'passkey', credential })
  assert.equal(replayed.code, 'IDENTITY_FACTOR_WRONG')
})

/** Signs in, and reads the facts from there: a person has few sessions at once. */
async function factsAfter(key: SoftwareAuthenticator, twist?: Twist): Promise<string[] | undefined> {
  const browser = stranger(one)
  assert.equal((await enter(browser, key, twist)).status, 200)
  return await factsOf(browser)
}

test('a counter that goes back is refused where the passkey can not be synced, and the warning stays', async () => {
  const { userId, key } = await holder(one, administrator)
  assert.deepEqual(await factsAfter(key, { counter: 10 }), ['platform'])
  assert.equal((await enter(stranger(one), key, { counter: 10 })).code, 'IDENTITY_FACTOR_WRONG', 'standing still')
  assert.equal((await enter(stranger(one), key, { counter: 9 })).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await enter(stranger(one), key, { counter: 0 })).code, 'IDENTITY_FACTOR_WRONG')
  assert.deepEqual(await factsAfter(key, { counter: 11 }), ['platform', 'clone-suspected'], 'the owner goes on')
  assert.deepEqual(await factsAfter(key, { counter: 12 }), ['platform', 'clone-suspected'])
  assert.deepEqual(
    warnings(userId).map(({ data }) => data.synced),
    [false],
  )
})

test('a counter that goes back warns where the passkey is synced, and locks nobody out', async () => {
  const synced = new SoftwareAuthenticator({ backupEligible: true, backedUp: true })
  const { userId, key } = await holder(one, administrator, synced)
  assert.deepEqual(await factsAfter(key, { counter: 10 }), ['synced', 'platform'])
  assert.deepEqual(await factsAfter(key, { counter: 3 }), ['synced', 'platform', 'clone-suspected'])
  await factsAfter(key, { counter: 5 })
  assert.deepEqual(
    warnings(userId).map(({ data }) => data.synced),
    [true],
    'the highest is kept, and the warning said once',
  )
})

test('an authenticator that counts nothing is never suspected', async () => {
  const { userId, key } = await holder(one, administrator, new SoftwareAuthenticator({ counts: false }))
  for (let time = 0; time < 3; time += 1) assert.deepEqual(await factsAfter(key), ['platform'])
  assert.deepEqual(warnings(userId), [])
})

test('of two uses at once the counter keeps the higher one', async () => {
  const { key } = await holder(one, administrator)
  const browsers = Array.from({ length: 8 }, () => stranger(one))
  const offers = await Promise.all(browsers.map(wayIn))
  const credentials = offers.map((offer, number) => key.get(offer, { counter: 100 + number }))
  await Promise.all(
    browsers.map((browser, at) => browser.call('POST', '/v1/sign-in/passkey', { credential: credentials[at] })),
  )
  assert.equal((await enter(stranger(one), key, { counter: 107 })).code, 'IDENTITY_FACTOR_WRONG')
  assert.equal((await enter(stranger(one), key, { counter: 108 })).status, 200)
})

test('whether it is backed up is refreshed at each use', async () => {
  const { key } = await holder(one, administrator, new SoftwareAuthenticator({ backupEligible: true }))
  assert.deepEqual(await factsAfter(key), ['platform'])
  assert.deepEqual(await factsAfter(key, { backedUp: true }), ['synced', 'platform'])
  assert.deepEqual(await factsAfter(key, { backedUp: false }), ['platform'])
  const bound = await enter(stranger(one), key, { backupEligible: false, backedUp: false })
  assert.equal(bound.code, 'IDENTITY_FACTOR_WRONG', 'that it may be never changes')
})
