import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp } from '../testing.ts'
import type { CreationOptions, Twist } from './software-authenticator.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'
import { add, creation, elsewhere, enrol, enter, halfIn, holder, stranger } from './testing.ts'

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

type Listed = { id: string; factor: string; name: string; facts: string[] }
const factorsOf = async (browser: Browser) =>
  ((await browser.call('GET', '/v1/me/factors')).body.items as Listed[]).filter(({ factor }) => factor === 'passkey')

test('the options name us, hide who the person is, and ask for what a passkey needs', async () => {
  const { browser, user } = await join(one, administrator)
  const options = (await creation(browser)) as CreationOptions & Record<string, unknown>
  assert.partialDeepStrictEqual(options, {
    rp: { id: 'custodia.localhost', name: 'Northwind Studio' },
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: [],
    timeout: 300_000,
  })
  assert.equal(Buffer.from(options.challenge, 'base64url').length, 32)
  const handle = Buffer.from(options.user.id, 'base64url')
  assert.equal(handle.length, 64)
  assert.ok(!handle.includes(user.id))
  const again = await creation(browser)
  assert.equal(again.user.id, options.user.id, 'one handle a person')
  assert.notEqual(again.challenge, options.challenge)
})

test('what was enrolled is listed with its facts, renamed, left out of the next offer, and taken away', async () => {
  const { browser } = await join(one, administrator)
  const key = new SoftwareAuthenticator({ attachment: 'cross-platform', transports: ['usb', 'nfc', 'warp'] })
  const added = await add(browser, key.create(await creation(browser)), 'Blue key')
  assert.equal(added.status, 201)
  assert.partialDeepStrictEqual(added.body, {
    factor: 'passkey',
    name: 'Blue key',
    lastUsedAt: null,
    facts: ['hardware'],
  })
  const id = String(added.body.id)
  const offer = (await creation(browser)) as CreationOptions & { excludeCredentials: unknown }
  const excluded = { id: key.held[0]?.id.toString('base64url'), transports: ['nfc', 'usb'], type: 'public-key' }
  assert.deepEqual(offer.excludeCredentials, [excluded])
  assert.equal((await browser.call('PATCH', `/v1/me/factors/${id}`, { name: 'Green key' })).status, 204)
  assert.deepEqual(
    (await factorsOf(browser)).map(({ name }) => name),
    ['Green key'],
  )
  const other = await join(one, administrator)
  assert.equal(
    (await other.browser.call('PATCH', `/v1/me/factors/${id}`, { name: 'Mine' })).code,
    'IDENTITY_FACTOR_UNKNOWN',
  )
  assert.equal((await other.browser.call('DELETE', `/v1/me/factors/${id}`)).code, 'IDENTITY_FACTOR_UNKNOWN')
  assert.equal((await browser.call('DELETE', `/v1/me/factors/${id}`)).status, 204)
  assert.deepEqual(await factorsOf(browser), [])
  assert.equal((await enter(stranger(one), key)).code, 'IDENTITY_FACTOR_WRONG', 'what was taken away signs nobody in')
})

test('the first second factor comes with recovery codes, the next without, and the person is told by mail', async () => {
  const { browser, user } = await join(one, administrator)
  const first = await enrol(browser, new SoftwareAuthenticator())
  assert.equal((first.body.recoveryCodes as string[]).length, 10)
  assert.equal((await enrol(browser, new SoftwareAuthenticator())).body.recoveryCodes, null)
  const codes = house.house.events.filter(({ type }) => type === 'identity.recovery-codes.created')
  assert.equal(codes.filter(({ subjectId }) => subjectId === user.id).length, 1)
  const { rows } = await sql<{ kind: string }>`select kind from mail.message where subject_id = ${user.id}`.execute(
    one.context.database.queries,
  )
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ['factor-enrolled', 'factor-enrolled'],
  )
})

test('a synced passkey says that it is, and one that is not says so', async () => {
  const synced = await holder(one, administrator, new SoftwareAuthenticator({ backupEligible: true, backedUp: true }))
  assert.deepEqual((await factorsOf(synced.browser))[0]?.facts, ['synced', 'platform'])
  const bound = await holder(one, administrator)
  assert.deepEqual((await factorsOf(bound.browser))[0]?.facts, ['platform'])
})

test('enrolling is recorded with the model, and the name stands nowhere in the clear', async () => {
  const { browser, user } = await join(one, administrator)
  const key = new SoftwareAuthenticator()
  await add(browser, key.create(await creation(browser)), 'Miras Geheimschlüssel')
  const said = house.house.events.filter((event) => event.subjectId === user.id)
  const { data } = said.find((event) => event.type === 'identity.passkey.registered') ?? {}
  assert.partialDeepStrictEqual(data, { attestation: 'none', synced: false })
  assert.ok(said.some((event) => event.type === 'identity.factor.enrolled' && event.data.factor === 'passkey'))
  assert.ok(!JSON.stringify(house.house.events).includes('Geheim'))
})

const dishonest: [string, Twist][] = [
  ['another origin', { origin: 'https://custodia.localhost.evil.example' }],
  ['our origin over https, which is another', { origin: 'https://custodia.localhost' }],
  ['a port of our host', { origin: 'http://custodia.localhost:8080' }],
  ['another relying party', { rpId: 'localhost' }],
  ['an assertion instead', { type: 'webauthn.get' }],
  ['a page inside another', { crossOrigin: true }],
  ['a page inside another that says which', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['a person who was not verified', { verified: false }],
  ['nobody present', { present: false }],
  ['a backup of what can not be backed up', { backedUp: true }],
  ['a challenge of its own', { challenge: Buffer.alloc(32).toString('base64url') }],
  ['no challenge', { challenge: '' }],
  ['data that is cut off', { tamper: (data) => data.subarray(0, -1) }],
  ['data with something behind it', { tamper: (data) => Buffer.concat([data, Buffer.from([0])]) }],
]
for (const [what, twist] of dishonest)
  test(`a registration is refused for ${what}`, async () => {
    const { browser } = await join(one, administrator)
    const answer = await enrol(browser, new SoftwareAuthenticator(), twist)
    assert.equal(answer.status, 422)
    assert.equal(answer.code, 'IDENTITY_PASSKEY_INVALID')
    assert.deepEqual(await factorsOf(browser), [])
  })

test('an offer works once, for one session, and not for an assertion or a sign-in', async () => {
  const { browser } = await join(one, administrator)
  const other = await join(one, administrator)
  const offer = await creation(browser)
  const first = new SoftwareAuthenticator()
  assert.equal((await add(other.browser, first.create(offer))).code, 'IDENTITY_PASSKEY_INVALID', 'not theirs')
  assert.equal((await add(browser, first.create(offer))).status, 201, 'which used nothing up')
  assert.equal((await add(browser, new SoftwareAuthenticator().create(offer))).code, 'IDENTITY_PASSKEY_INVALID')
  const entered = stranger(one)
  const { challenge } = (await entered.call('POST', '/v1/sign-in/passkey/options')).body.options as {
    challenge: string
  }
  const crossed = new SoftwareAuthenticator().create({ ...offer, challenge })
  assert.equal((await add(browser, crossed)).code, 'IDENTITY_PASSKEY_INVALID')
})

test('a credential belongs to one person, and is registered once', async () => {
  const { browser, key } = await holder(one, administrator)
  const held = key.held[0]
  const again = key.create(await creation(browser), {}, held)
  assert.equal((await add(browser, again)).code, 'IDENTITY_PASSKEY_TAKEN')
  const other = await join(one, administrator)
  const taken = await add(other.browser, key.create(await creation(other.browser), {}, held))
  assert.equal(taken.status, 409)
  assert.equal(taken.code, 'IDENTITY_PASSKEY_TAKEN')
  const abroad = await elsewhere(one)
  const far = await add(abroad.browser, key.create(await creation(abroad.browser), {}, held))
  assert.equal(far.code, 'IDENTITY_PASSKEY_TAKEN', 'nor by somebody of another organisation')
  assert.deepEqual(await factorsOf(abroad.browser), [])
})

test("an offer of one organisation registers nothing in another's", async () => {
  const { browser } = await join(one, administrator)
  const abroad = await elsewhere(one)
  const crossed = new SoftwareAuthenticator().create(await creation(browser))
  assert.equal((await add(abroad.browser, crossed)).code, 'IDENTITY_PASSKEY_INVALID')
})

test('a person has twenty passkeys at most, however many come at once', async () => {
  const { browser } = await join(one, administrator)
  const at = two.server.browser()
  at.cookie = browser.cookie
  const offers = await Promise.all(Array.from({ length: 23 }, () => creation(browser)))
  const answers = await Promise.all(
    offers.map((offer, number) => add(number % 2 === 0 ? browser : at, new SoftwareAuthenticator().create(offer))),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 20)
  assert.equal(answers.filter(({ code }) => code === 'IDENTITY_PASSKEYS_FULL').length, 3)
  assert.equal((await browser.call('POST', '/v1/me/passkeys/options')).code, 'IDENTITY_PASSKEYS_FULL')
})

test('of one registration that is sent many times at once one is taken', async () => {
  const { browser } = await join(one, administrator)
  const at = two.server.browser()
  at.cookie = browser.cookie
  const credential = new SoftwareAuthenticator().create(await creation(browser))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) => add(number % 2 === 0 ? browser : at, credential)),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal((await factorsOf(browser)).length, 1)
})

test('a password alone does not add a passkey to somebody who has one', async () => {
  const { email } = await holder(one, administrator)
  const browser = stranger(one)
  await halfIn(browser, email)
  assert.equal((await browser.call('POST', '/v1/sign-in/enrol/passkey/options')).code, 'IDENTITY_FACTOR_NOT_ASKED')
  const offer = {
    challenge: Buffer.alloc(32).toString('base64url'),
    rp: { id: 'custodia.localhost' },
    user: { id: 'AA' },
  }
  const credential = new SoftwareAuthenticator().create(offer)
  const body = { credential, name: 'Mine' }
  assert.equal((await browser.call('POST', '/v1/sign-in/enrol/passkey', body)).code, 'IDENTITY_FACTOR_NOT_ASKED')
  assert.equal((await stranger(one).call('POST', '/v1/sign-in/enrol/passkey', body)).code, 'IDENTITY_ATTEMPT_OVER')
  assert.equal((await browser.call('POST', '/v1/me/passkeys', body)).status, 401)
})

// The last ones: the clock goes on for everybody.
test('an offer is over after five minutes', async () => {
  const { browser } = await join(one, administrator)
  const [late, inTime] = [await creation(browser), await creation(browser)]
  house.house.machine.clock.advance(299_000)
  assert.equal((await add(browser, new SoftwareAuthenticator().create(inTime))).status, 201)
  house.house.machine.clock.advance(1_000)
  assert.equal((await add(browser, new SoftwareAuthenticator().create(late))).code, 'IDENTITY_PASSKEY_INVALID')
})

test('adding a passkey asks for a session that was confirmed lately', async () => {
  const { browser } = await join(one, administrator)
  const offer = await creation(browser)
  house.house.machine.clock.advance(601_000)
  const refused = await add(browser, new SoftwareAuthenticator().create(offer))
  assert.equal(refused.status, 403)
  assert.equal((await browser.call('POST', '/v1/me/passkeys/options')).status, 403)
})
