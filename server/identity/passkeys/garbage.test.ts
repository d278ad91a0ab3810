import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Browser } from '../../sessions/testing.ts'
import { defaultPolicy } from '../policy/sign-in-policy.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp } from '../testing.ts'
import { cbor } from './cbor.ts'
import type { CredentialJson } from './software-authenticator.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'
import { add, creation, enter, finish, holder, stranger, wayIn } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  administrator = await setUp(one)
  // So that statements are looked at, and not taken away.
  await administrator.call('PUT', '/v1/policies/sign-in', { ...defaultPolicy, attestation: 'indirect' })
})
after(async () => await house.close())

const refused = ({ status }: { status: number }) => assert.ok(status >= 400 && status < 500, `${status}`)

const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some).toString('base64url'))
const anything = fc.oneof(bytes, fc.string(), fc.jsonValue())
const response = fc.dictionary(
  fc.constantFrom(
    'clientDataJSON',
    'attestationObject',
    'authenticatorData',
    'signature',
    'userHandle',
    'transports',
    'x',
  ),
  anything,
)
const credential = fc.record({
  id: fc.oneof(bytes, fc.string({ maxLength: 20 })),
  rawId: bytes,
  type: fc.constantFrom('public-key', 'password'),
  response,
  clientExtensionResults: fc.constant({}),
})

test('credentials of any shape are refused, and never a fault', async () => {
  const { browser } = await join(one, administrator)
  await fc.assert(
    fc.asyncProperty(credential, fc.boolean(), async (made, sameId) => {
      const sent = sameId ? { ...made, rawId: made.id } : made
      refused(await add(browser, sent as CredentialJson))
      refused(await finish(stranger(one), sent as CredentialJson))
    }),
    { numRuns: 60 },
  )
})

/** One part of an honest credential, with bytes changed, cut out or put in. */
const damage = fc.tuple(fc.nat(), fc.nat(), fc.uint8Array({ maxLength: 8 }))
function damaged(text: string, [at, count, put]: [number, number, Uint8Array]): string {
  const honest = Buffer.from(text, 'base64url')
  const from = at % honest.length
  const changed = Buffer.concat([honest.subarray(0, from), put, honest.subarray(from + (count % 9))])
  return (changed.equals(honest) ? Buffer.concat([honest, Buffer.from([0])]) : changed).toString('base64url')
}

test('damaged registrations are refused, or leave a passkey that works', async () => {
  await fc.assert(
    fc.asyncProperty(damage, fc.constantFrom('clientDataJSON', 'attestationObject'), async (how, part) => {
      const { browser } = await join(one, administrator)
      const key = new SoftwareAuthenticator({ attestation: 'self' })
      const honest = key.create(await creation(browser))
      const sent = { ...honest, response: { ...honest.response, [part]: damaged(String(honest.response[part]), how) } }
      const answer = await add(browser, sent)
      // As where the name of the format was damaged: then nobody vouches for it.
      if (answer.status === 201) assert.equal((await enter(stranger(one), key)).status, 200)
      else refused(answer)
    }),
    { numRuns: 40 },
  )
})

test('a signature with something behind its end signs nobody in', async () => {
  const { key } = await holder(one, administrator)
  for (const more of [[0], [0, 0], [0x30, 0x00]]) {
    const browser = stranger(one)
    const honest = key.get(await wayIn(browser))
    const signature = Buffer.concat([Buffer.from(String(honest.response.signature), 'base64url'), Buffer.from(more)])
    const sent = { ...honest, response: { ...honest.response, signature: signature.toString('base64url') } }
    refused(await finish(browser, sent))
  }
})

test('damaged assertions sign nobody in', async () => {
  const { key } = await holder(one, administrator)
  const parts = fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature', 'userHandle')
  await fc.assert(
    fc.asyncProperty(damage, parts, async (how, part) => {
      const browser = stranger(one)
      const honest = key.get(await wayIn(browser))
      const sent = { ...honest, response: { ...honest.response, [part]: damaged(String(honest.response[part]), how) } }
      refused(await finish(browser, sent))
    }),
    { numRuns: 60 },
  )
})

test('what is too large, too deep or spelled in two ways is refused', async () => {
  const { browser } = await join(one, administrator)
  const honest = new SoftwareAuthenticator().create(await creation(browser))
  const withResponse = (more: Record<string, unknown>) => ({ ...honest, response: { ...honest.response, ...more } })
  const deep = Buffer.concat([Buffer.alloc(20_000, 0x81), Buffer.from([0])])
  const sent: CredentialJson[] = [
    withResponse({ attestationObject: 'A'.repeat(40_000) }),
    withResponse({ clientDataJSON: 'A'.repeat(6_000) }),
    withResponse({ attestationObject: deep.toString('base64url') }),
    withResponse({ attestationObject: cbor(new Map([['fmt', 'none']])).toString('base64url') }),
    withResponse({ attestationObject: cbor('text').toString('base64url') }),
    withResponse({ clientDataJSON: Buffer.from('null').toString('base64url') }),
    withResponse({ clientDataJSON: Buffer.from('['.repeat(3_000)).toString('base64url') }),
    withResponse({ clientDataJSON: `${honest.response.clientDataJSON}=` }),
    { ...honest, id: 'A'.repeat(1_400), rawId: 'A'.repeat(1_400) },
    { ...honest, id: '', rawId: '' },
    { ...honest, rawId: 'AAAA' },
    { ...honest, id: `${honest.id.slice(0, -1)}B`, rawId: `${honest.id.slice(0, -1)}B` },
  ]
  for (const one of sent) refused(await add(browser, one))
  refused(
    await browser.call('POST', '/v1/me/passkeys', { credential: withResponse({ x: 'A'.repeat(70_000) }), name: 'A' }),
  )
  refused(await browser.call('POST', '/v1/me/passkeys', { credential: honest, name: 'two\nlines' }))
  refused(await browser.call('POST', '/v1/me/passkeys', { credential: honest, name: 'A'.repeat(61) }))
})

test('keys that nobody should verify with are refused', async () => {
  const { browser } = await join(one, administrator)
  const flawed: ((data: Buffer) => Buffer)[] = [
    (data) => data.subarray(0, -1),
    // A point beside the curve.
    (data) => Buffer.concat([data.subarray(0, -1), Buffer.from([(data.at(-1) as number) ^ 1])]),
  ]
  for (const tamper of flawed) {
    const answer = await add(browser, new SoftwareAuthenticator().create(await creation(browser), { tamper }))
    assert.equal(answer.code, 'IDENTITY_PASSKEY_INVALID')
  }
})
