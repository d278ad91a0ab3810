import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { after, before, test } from 'node:test'
import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { Browser } from '../../sessions/testing.ts'
import { defaultPolicy } from '../policy/sign-in-policy.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { readAttestationRoots } from './attestation-roots.ts'
import { newMaker, pretender } from './makers.ts'
import type { Maker } from './software-authenticator.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'
import { add, creation, enrol, halfIn, prove, stranger } from './testing.ts'

const model = '2fc0579f-8113-47ea-b116-bb5a8db9202a'
const otherModel = 'ee882879-721c-4913-9775-3dfcce97072a'
const folder = mkdtempSync(joinPath(tmpdir(), 'custodia-makers-'))

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser
let maker: Maker & { root: Buffer }
let outsider: Maker & { root: Buffer }

before(async () => {
  maker = await newMaker()
  outsider = await newMaker()
  const file = joinPath(folder, 'makers.pem')
  writeFileSync(file, new X509Certificate(maker.root).toString())
  house = await openIdentityHouse()
  one = await house.process({ attestationRootsFile: file } as Record<string, string>)
  administrator = await setUp(one)
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true })
})

const demand = async (policy: Partial<SignInPolicy>) => {
  const { status } = await administrator.call('PUT', '/v1/policies/sign-in', { ...defaultPolicy, ...policy })
  assert.equal(status, 200)
}
const newcomer = async () => (await join(one, administrator)).browser
const lastTrust = () =>
  house.house.events.findLast((event) => event.type === 'identity.passkey.registered')?.data.attestation

test('where no attestation is demanded, none is asked for and none is looked at', async () => {
  await demand({})
  assert.partialDeepStrictEqual(await creation(await newcomer()), { attestation: 'none' })
  for (const attestation of ['none', 'self', maker, outsider] as const) {
    assert.equal((await enrol(await newcomer(), new SoftwareAuthenticator({ attestation }))).status, 201)
    assert.equal(lastTrust(), 'none')
  }
})

test('an indirect attestation is verified, and written down for what it is worth', async () => {
  await demand({ attestation: 'indirect' })
  assert.partialDeepStrictEqual(await creation(await newcomer()), { attestation: 'indirect' })
  const worth = [
    ['none', 'none'],
    ['self', 'self'],
    [maker, 'proven'],
    [outsider, 'unproven'],
  ] as const
  for (const [attestation, trust] of worth) {
    assert.equal((await enrol(await newcomer(), new SoftwareAuthenticator({ attestation }))).status, 201)
    assert.equal(lastTrust(), trust)
  }
})

test('an attestation whose signature does not hold is refused', async () => {
  await demand({ attestation: 'indirect' })
  const foreign = await enrol(await newcomer(), new SoftwareAuthenticator({ attestation: 'self' }), {
    key: outsider.key,
  })
  assert.equal(foreign.code, 'IDENTITY_PASSKEY_INVALID')
  const crossed: Maker = { certificates: maker.certificates, key: outsider.key }
  const answer = await enrol(await newcomer(), new SoftwareAuthenticator({ attestation: crossed }))
  assert.equal(answer.code, 'IDENTITY_PASSKEY_INVALID')
})

test('where attestation is demanded, only authenticators of makers that the operator trusts are taken', async () => {
  await demand({ attestation: 'enterprise' })
  assert.partialDeepStrictEqual(await creation(await newcomer()), { attestation: 'enterprise' })
  const late = await newMaker(undefined, { notBefore: new Date('2020-01-01'), notAfter: new Date('2025-01-01') })
  const chained: Maker = { certificates: [...outsider.certificates, maker.root], key: outsider.key }
  for (const attestation of ['none', 'self', outsider, chained, await pretender(maker)] as const) {
    const refused = await enrol(await newcomer(), new SoftwareAuthenticator({ attestation, aaguid: model }))
    assert.equal(refused.status, 422)
    assert.equal(refused.code, 'IDENTITY_AUTHENTICATOR_REFUSED')
    assert.equal(refused.body.aaguid, model)
  }
  assert.equal((await enrol(await newcomer(), new SoftwareAuthenticator({ attestation: late }))).status, 422)
  assert.equal((await enrol(await newcomer(), new SoftwareAuthenticator({ attestation: maker }))).status, 201)
  assert.equal(lastTrust(), 'proven')
})

test('only the listed models are taken, however they are spelled', async () => {
  await demand({ attestation: 'enterprise', authenticators: [model.toUpperCase()] })
  const enrolling = async (aaguid: string) =>
    await enrol(await newcomer(), new SoftwareAuthenticator({ attestation: maker, aaguid }))
  assert.equal((await enrolling(model)).status, 201)
  assert.equal((await enrolling(otherModel)).code, 'IDENTITY_AUTHENTICATOR_REFUSED')
  await demand({ attestation: 'none', authenticators: [model] })
  assert.equal((await enrolling(model)).status, 201)
  assert.equal((await enrolling('00000000-0000-0000-0000-000000000000')).code, 'IDENTITY_AUTHENTICATOR_REFUSED')
  const noted = house.house.events.findLast((event) => event.type === 'identity.factor.refused')
  assert.deepEqual(noted?.data, { factor: 'passkey', for: 'enrolment' })
})

test('what was enrolled before the policy became stricter still signs in', async () => {
  await demand({})
  const { browser, email } = await join(one, administrator)
  const key = new SoftwareAuthenticator()
  await enrol(browser, key)
  await demand({ attestation: 'enterprise', authenticators: [model] })
  const again = stranger(one)
  assert.equal((await prove(again, key.get(await halfIn(again, email)))).status, 200)
})

test('whoever must enrol does so while signing in, by the same policy, and is signed in by it', async () => {
  await demand({})
  const { email, user } = await join(one, administrator)
  await demand({ secondFactor: 'phishing-resistant', graceDays: 0, attestation: 'enterprise' })
  const browser = stranger(one)
  const begun = await signInAs(browser, email)
  assert.partialDeepStrictEqual(begun.body, { user: null, attempt: { mustEnrol: true, enrolable: ['passkey'] } })
  const at = '/v1/sign-in/enrol/passkey'
  const bad = new SoftwareAuthenticator().create(await creation(browser, `${at}/options`))
  assert.equal(
    (await browser.call('POST', at, { credential: bad, name: 'Key' })).code,
    'IDENTITY_AUTHENTICATOR_REFUSED',
  )
  const other = stranger(one)
  await signInAs(other, email)
  const key = new SoftwareAuthenticator({ attestation: maker })
  const offer = await creation(browser, `${at}/options`)
  const crossed = await other.call('POST', at, { credential: key.create(offer), name: 'Key' })
  assert.equal(crossed.code, 'IDENTITY_PASSKEY_INVALID', 'an offer of another sign-in')
  const done = await browser.call('POST', at, { credential: key.create(offer), name: 'Key' })
  assert.partialDeepStrictEqual(done.body, { user: { id: user.id }, attempt: null })
  assert.equal((done.body.recoveryCodes as string[]).length, 10)
  assert.partialDeepStrictEqual((await browser.call('GET', '/v1/me')).body, { session: { factors: ['pwd', 'hwk'] } })
  assert.equal((await browser.call('DELETE', `/v1/me/factors/${await only(browser)}`)).code, 'IDENTITY_FACTOR_NEEDED')
  // The other sign-in was asked to enrol; now there is a passkey, which it would have to prove.
  assert.equal((await other.call('POST', `${at}/options`)).code, 'IDENTITY_ATTEMPT_OVER')
})

const only = async (browser: Browser) =>
  ((await browser.call('GET', '/v1/me/factors')).body.items as { id: string; factor: string }[]).find(
    ({ factor }) => factor === 'passkey',
  )?.id

test('a session that is signed in enrols under the policy of the moment in which it answers', async () => {
  await demand({})
  const browser = await newcomer()
  const offer = await creation(browser)
  await demand({ attestation: 'enterprise' })
  assert.equal((await add(browser, new SoftwareAuthenticator().create(offer))).code, 'IDENTITY_AUTHENTICATOR_REFUSED')
})

test('a file of makers that holds no certificate stops the start, and says so', () => {
  const file = joinPath(folder, 'nothing.pem')
  writeFileSync(file, 'nothing')
  assert.throws(() => readAttestationRoots(file), /nothing\.pem: there is no certificate in it/)
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')
  assert.throws(() => readAttestationRoots(file), /CUSTODIA_IDENTITY_ATTESTATION_ROOTS_FILE/)
  assert.throws(() => readAttestationRoots(joinPath(folder, 'missing.pem')), /can't be opened/)
  assert.deepEqual(readAttestationRoots(null), [])
})
