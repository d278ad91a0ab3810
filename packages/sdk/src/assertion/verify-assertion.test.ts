import assert from 'node:assert/strict'
import { createHmac, createPublicKey } from 'node:crypto'
import { after, beforeEach, describe, it } from 'node:test'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import { SignJWT } from 'jose'
import { CustodiaError } from '../errors.ts'
import { createSigningKeys } from './signing-keys.ts'
import { claimsAt, frozenClock, keySetServer, newKey, signAssertion } from './testing.ts'
import { createVerifier } from './verify-assertion.ts'

const key = await newKey('one')
const stranger = await newKey('one')
const server = await keySetServer([key])
after(() => server.stop())
const fetch = createFetch()

let clock = frozenClock()
let identify: ReturnType<typeof createVerifier>
let claims: ReturnType<typeof claimsAt>

beforeEach(() => {
  clock = frozenClock()
  claims = claimsAt(clock, server.url)
  Object.assign(server.state, { keys: [key], status: 200, asked: 0, body: null })
  const keys = createSigningKeys({ url: `${server.url}/.well-known/jwks.json`, fetch, clock, timeoutMs: 60_000 })
  identify = createVerifier({ issuer: server.url, application: 'inbox', keys, clock })
})

const refused = (code: string, reason?: string) => (error: unknown) => {
  assert.ok(error instanceof CustodiaError, String(error))
  assert.equal(error.code, code)
  if (reason !== undefined) assert.equal(error.details.reason, reason)
  return true
}
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('an identity assertion', () => {
  it('says who is asking', async () => {
    assert.deepEqual(await identify(await signAssertion(key, claims)), {
      userId: claims.sub,
      organisationId: claims.org,
      email: 'mara@example.org',
      name: 'Mara',
      roles: ['member'],
      permissions: ['inbox:read', 'inbox:write'],
      sessionId: claims.sid,
      keyId: null,
      scopes: null,
      signed: false,
      factors: ['pwd'],
      expiresAt: '2026-01-01T00:01:00.000Z',
    })
  })

  it('says which key a program calls with, and what that is narrowed to', async () => {
    const { sid: _sid, email: _email, ...rest } = claims
    const byKey = { ...rest, sub: 'svc_a', key: 'key_a', signed: true, scopes: ['inbox:read'], amr: [] }
    assert.partialDeepStrictEqual(await identify(await signAssertion(key, byKey)), {
      ...{ userId: 'svc_a', email: null, sessionId: null, keyId: 'key_a', scopes: ['inbox:read'], signed: true },
      factors: [],
    })
    assert.partialDeepStrictEqual(await identify(await signAssertion(key, { ...rest, key: 'key_b', email: 'm@x' })), {
      ...{ email: 'm@x', keyId: 'key_b', scopes: null, signed: false },
    })
    for (const [claim, odd] of [
      ['sid', { sid: claims.sid }],
      ['key', { key: '' }],
      ['key', { key: 7 }],
      ['key', { key: null }],
      ['signed', { signed: 'yes' }],
      ['signed', { signed: false }],
      ['scopes', { scopes: 'inbox:read' }],
      ['email', { email: 7 }],
    ] as const)
      await assert.rejects(
        identify(await signAssertion(key, { ...byKey, ...odd })),
        refused('ASSERTION_INVALID', claim),
        JSON.stringify(odd),
      )
    // Neither the one nor the other is nobody, and what belongs to a key says nothing about a session.
    await assert.rejects(identify(await signAssertion(key, rest)), refused('ASSERTION_INVALID', 'sid'))
    const mixed = await identify(await signAssertion(key, { ...claims, signed: true, scopes: ['inbox:admin'] }))
    assert.partialDeepStrictEqual(mixed, { signed: false, scopes: null, keyId: null })
  })

  it('can not be changed by the application that received it', async () => {
    const identity = await identify(await signAssertion(key, claims))
    assert.throws(() => (identity.permissions as string[]).push('inbox:admin'), TypeError)
    assert.throws(() => Object.assign(identity, { userId: 'usr_b' }), TypeError)
  })

  it('is missing where the header is not there or empty', async () => {
    for (const header of [undefined, null, '']) await assert.rejects(identify(header), refused('ASSERTION_MISSING'))
  })

  it('is refused for another application, also where this one stands in a list', async () => {
    for (const aud of ['memories', 'inbox ', ['inbox'], ['inbox', 'memories'], undefined]) {
      await assert.rejects(identify(await signAssertion(key, { ...claims, aud })), refused('ASSERTION_INVALID', 'aud'))
    }
  })

  it('is refused from another issuer', async () => {
    for (const iss of ['http://evil.localhost', `${server.url}/`, undefined]) {
      await assert.rejects(identify(await signAssertion(key, { ...claims, iss })), refused('ASSERTION_INVALID', 'iss'))
    }
  })

  it('is refused without a signature', async () => {
    const unsigned = `${base64url({ alg: 'none', typ: 'custodia-assertion+jwt', kid: 'one' })}.${base64url(claims)}.`
    await assert.rejects(identify(unsigned), refused('ASSERTION_INVALID', 'form'))
    await assert.rejects(identify(`${unsigned}AAAA`), refused('ASSERTION_INVALID', 'ERR_JOSE_ALG_NOT_ALLOWED'))
  })

  it('is refused when signed by HMAC with the public key as the secret', async () => {
    const secrets = [
      createPublicKey({ key: key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
      Buffer.from(key.jwk.x as string, 'base64url'),
    ]
    for (const secret of secrets) {
      const signed = `${base64url({ alg: 'HS256', typ: 'custodia-assertion+jwt', kid: 'one' })}.${base64url(claims)}`
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      await assert.rejects(identify(`${signed}.${mac}`), refused('ASSERTION_INVALID', 'ERR_JOSE_ALG_NOT_ALLOWED'))
    }
  })

  it('is refused when somebody else signed it under our key name', async () => {
    await assert.rejects(
      identify(await signAssertion(stranger, claims)),
      refused('ASSERTION_INVALID', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'),
    )
  })

  it('is refused with a key of its own in its head', async () => {
    const own = await signAssertion(stranger, claims, { jwk: stranger.jwk })
    await assert.rejects(identify(own), refused('ASSERTION_INVALID', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'))
  })

  it('is refused without its type, and as a token of another type', async () => {
    for (const typ of ['JWT', 'at+jwt', 'custodia-assertion']) {
      await assert.rejects(identify(await signAssertion(key, claims, { typ })), refused('ASSERTION_INVALID', 'typ'))
    }
    const untyped = new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
    await assert.rejects(identify(await untyped.sign(key.privateKey)), refused('ASSERTION_INVALID', 'typ'))
  })

  it('is refused with a critical extension that we do not know', async () => {
    const head = base64url({ alg: 'EdDSA', typ: 'custodia-assertion+jwt', kid: 'one', crit: ['x'], x: 1 })
    await assert.rejects(identify(`${head}.${base64url(claims)}.AAAA`), refused('ASSERTION_INVALID'))
  })

  it('lives until its expiry and five seconds, and not longer', async () => {
    const assertion = await signAssertion(key, claims)
    clock.advance(64_000)
    assert.equal((await identify(assertion)).userId, claims.sub)
    clock.advance(1_000)
    await assert.rejects(identify(assertion), refused('ASSERTION_EXPIRED'))
  })

  it('is no longer believed from memory once it expired', async () => {
    const assertion = await signAssertion(key, claims)
    await identify(assertion)
    clock.advance(65_000)
    await assert.rejects(identify(assertion), refused('ASSERTION_EXPIRED'))
  })

  it('is refused when it was issued more than five seconds ahead', async () => {
    const ahead = { ...claims, iat: claims.iat + 6, exp: claims.exp + 6 }
    await assert.rejects(identify(await signAssertion(key, ahead)), refused('ASSERTION_INVALID', 'iat'))
    assert.ok(await identify(await signAssertion(key, { ...claims, iat: claims.iat + 5 })))
  })

  it('is refused without expiry, without time of issue, and when it is older than an hour', async () => {
    for (const without of ['exp', 'iat']) {
      const rest = { ...claims, [without]: undefined }
      await assert.rejects(identify(await signAssertion(key, rest)), refused('ASSERTION_INVALID', without))
    }
    const ancient = { ...claims, iat: claims.iat - 3606, exp: claims.exp + 9999 }
    await assert.rejects(identify(await signAssertion(key, ancient)), refused('ASSERTION_EXPIRED'))
  })

  it('is refused when any claim is absent or of another kind', async () => {
    for (const claim of ['sub', 'org', 'sid', 'email', 'name', 'roles', 'permissions', 'amr']) {
      for (const value of [undefined, 7, '', [7], { length: 1 }]) {
        const odd = await signAssertion(key, { ...claims, [claim]: value })
        await assert.rejects(identify(odd), refused('ASSERTION_INVALID', claim), claim)
      }
    }
  })

  it('is refused when cut short at any place', async () => {
    const assertion = await signAssertion(key, claims)
    for (let length = 1; length < assertion.length; length += 7) {
      await assert.rejects(identify(assertion.slice(0, length)), refused('ASSERTION_INVALID'))
    }
  })

  it('is refused when sent twice, joined or as a list', async () => {
    const assertion = await signAssertion(key, claims)
    for (const header of [`${assertion}, ${assertion}`, [assertion], [assertion, assertion]]) {
      await assert.rejects(identify(header), refused('ASSERTION_INVALID', 'form'))
    }
  })

  it('is refused unread when it is larger than any that Custodia makes', async () => {
    await assert.rejects(identify(`${'a'.repeat(20_000)}.b.c`), refused('ASSERTION_INVALID', 'form'))
    assert.equal(server.state.asked, 0)
  })
})

describe('the signing keys', () => {
  it('are fetched once for fifty requests that come together', async () => {
    const assertion = await signAssertion(key, claims)
    const identities = await Promise.all(Array.from({ length: 50 }, () => identify(assertion)))
    assert.equal(new Set(identities).size, 1, 'and the assertion was verified once')
    assert.equal(server.state.asked, 1)
  })

  it('are asked for again where a key has been added', async () => {
    await identify(await signAssertion(key, claims))
    const next = await newKey('two')
    server.state.keys.push(next)
    clock.advance(30_000)
    assert.ok(await identify(await signAssertion(next, claimsAt(clock, server.url))))
    assert.equal(server.state.asked, 2)
  })

  it('are not asked for again by a flood of unknown key names', async () => {
    await identify(await signAssertion(key, claims))
    for (let index = 0; index < 20; index += 1) {
      const forged = await signAssertion(stranger, claims, { kid: `forged-${index}` })
      await assert.rejects(identify(forged), refused('ASSERTION_INVALID', 'ERR_JWKS_NO_MATCHING_KEY'))
    }
    assert.equal(server.state.asked, 1)
    clock.advance(30_000)
    for (let index = 0; index < 20; index += 1) {
      const forged = await signAssertion(stranger, claims, { kid: `forged-${index}` })
      await assert.rejects(identify(forged), refused('ASSERTION_INVALID', 'ERR_JWKS_NO_MATCHING_KEY'))
    }
    assert.equal(server.state.asked, 2)
  })

  it('are not asked for at all by an assertion that names none', async () => {
    const nameless = new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', typ: 'custodia-assertion+jwt' })
    await assert.rejects(identify(await nameless.sign(key.privateKey)), refused('ASSERTION_INVALID', 'kid'))
    assert.equal(server.state.asked, 0)
  })

  it('that can not be fetched refuse everybody, and say that it is not the assertion', async () => {
    for (const [status, body] of [
      [503, null],
      [200, 'not json'],
      [200, '{"keys":7}'],
      [200, ' '.repeat(70_000)],
    ] as const) {
      Object.assign(server.state, { status, body })
      clock.advance(1_000)
      await assert.rejects(
        identify(await signAssertion(key, claimsAt(clock, server.url))),
        refused('SIGNING_KEYS_UNAVAILABLE'),
      )
    }
  })

  it('are asked for at most once a second while that fails', async () => {
    server.state.status = 503
    const assertion = await signAssertion(key, claims)
    for (let index = 0; index < 10; index += 1) {
      await assert.rejects(identify(assertion), refused('SIGNING_KEYS_UNAVAILABLE'))
    }
    assert.equal(server.state.asked, 1)
    server.state.status = 200
    clock.advance(1_000)
    assert.ok(await identify(assertion))
  })

  it('are believed for an hour while Custodia is away, and then no longer', async () => {
    await identify(await signAssertion(key, claims))
    server.state.status = 503
    clock.advance(3_600_000)
    assert.ok(await identify(await signAssertion(key, claimsAt(clock, server.url))))
    clock.advance(2_000)
    await assert.rejects(
      identify(await signAssertion(key, claimsAt(clock, server.url))),
      refused('SIGNING_KEYS_UNAVAILABLE'),
    )
  })

  it('that were taken back are believed for ten minutes at most', async () => {
    await identify(await signAssertion(key, claims))
    server.state.keys = [await newKey('two')]
    clock.advance(600_001)
    await assert.rejects(
      identify(await signAssertion(key, claimsAt(clock, server.url))),
      refused('ASSERTION_INVALID', 'ERR_JWKS_NO_MATCHING_KEY'),
    )
  })
})
