import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SigningKey, VerifyingKey } from './algorithms.ts'
import { makeSignature } from './algorithms.ts'
import { contentDigest } from './content-digest.ts'
import type { RequestHead } from './message.ts'
import { signatureBase } from './signature-base.ts'
import type { SignatureReason } from './signature-error.ts'
import type { InnerList } from './structured-fields.ts'
import { parseDictionary, serializeBare } from './structured-fields.ts'
import {
  body,
  headerOf,
  hmacKey,
  newEd25519,
  nowSeconds,
  plainHead,
  policyFor,
  refused,
  signed,
  withHeader,
} from './testing.ts'
import type { HeadPolicy } from './verify.ts'
import { verifyRequest } from './verify.ts'

type Settings = { key?: VerifyingKey; now?: number } & Partial<HeadPolicy<VerifyingKey>>

function verify(head: RequestHead, bytes: Uint8Array = body, { key, now, ...rest }: Settings = {}) {
  return verifyRequest(head, bytes, { ...policyFor('key_one', key ?? hmacKey, now ?? nowSeconds), ...rest })
}

/** Refused for this reason, without a nonce being burnt, and with the one message that says nothing. */
async function isRefused(
  reason: SignatureReason,
  head: RequestHead,
  bytes: Uint8Array = body,
  settings: Settings = {},
) {
  const { key, now, ...rest } = settings
  const policy = policyFor('key_one', key ?? hmacKey, now ?? nowSeconds)
  const error = await verifyRequest(head, bytes, { ...policy, ...rest }).then(
    () => assert.fail(`accepted, and not refused as ${reason}`),
    (thrown: unknown) => thrown,
  )
  refused(reason)(error)
  assert.equal((error as Error).message, 'SIGNATURE_INVALID: the signature on this request does not hold')
  assert.deepEqual(policy.uses, [])
}

/** Signs what the text says, whether it should be signed or not. */
function signedAs(input: string, key: SigningKey = hmacKey, head: RequestHead = plainHead): RequestHead {
  const whole = withHeader(head, 'content-digest', contentDigest(body))
  const list = parseDictionary(`sig1=${input}`).get('sig1') as InnerList
  const value = makeSignature(key, signatureBase(whole, list))
  const withInput = withHeader(whole, 'signature-input', `sig1=${input}`)
  return withHeader(withInput, 'signature', `sig1=${serializeBare({ kind: 'bytes', value })}`)
}
const names = '"@method" "@authority" "@path" "@query" "content-digest"'
const parameters = `;created=${nowSeconds};nonce="n";keyid="key_one"`

describe('a signed request', () => {
  test('holds with either algorithm, and says who signed what', async () => {
    const { signing, verifying } = newEd25519()
    for (const [key, verifyingKey] of [
      [hmacKey, hmacKey],
      [signing, verifying],
    ] as const) {
      const held = await verify(signed({ key }), body, { key: verifyingKey })
      assert.equal(held.key, verifyingKey)
      assert.deepEqual(
        [held.keyId, held.label, held.createdSeconds, held.expiresSeconds],
        ['key_one', 'sig1', nowSeconds, null],
      )
      assert.deepEqual(held.covered, [
        '@method',
        '@authority',
        '@path',
        '@query',
        'content-digest',
        'content-type',
        'x-list',
      ])
      assert.deepEqual(held.nonce, { keyId: 'key_one', nonce: 'nonce-0001', untilSeconds: nowSeconds + 66 })
    }
  })

  test('holds without a body, without alg, with another label, with a lookup that takes its time', async () => {
    await verify(signed({ cover: [] }, plainHead, null), Buffer.alloc(0))
    await verify(signedAs(`(${names})${parameters}`))
    await verify(signed({ label: 'other' }))
    await verify(signed(), body, { lookUp: async () => hmacKey })
    await verify(signed({ tag: 'inbox' }), body, { tag: 'inbox' })
    await verify(signed({ digest: 'sha-512' }))
  })

  test('is refused when any covered part is another one', async () => {
    const head = signed()
    await isRefused('signature', { ...head, method: 'PUT' })
    await isRefused('signature', { ...head, method: 'post' })
    await isRefused('signature', { ...head, authority: 'example.net' }, body, { authorities: ['example.net'] })
    await isRefused('signature', { ...head, target: '/messages/18?folder=in%20box&flag' })
    await isRefused('signature', { ...head, target: '/messages/17?folder=outbox&flag' })
    await isRefused('signature', withHeader(head, 'content-type', 'text/plain'))
    await isRefused('signature', withHeader(head, 'x-list', 'two', 'one'))
    await isRefused('signature', withHeader(head, 'x-list', 'one', 'two', 'three'))
    await isRefused('signature', withHeader(head, 'content-digest', contentDigest(Buffer.from('other'))))
  })

  test('is refused when a parameter is another one', async () => {
    const head = signed({ expiresInSeconds: 30 })
    const input = headerOf(head, 'signature-input')
    for (const [from, to] of [
      [`created=${nowSeconds}`, `created=${nowSeconds - 1}`],
      [`expires=${nowSeconds + 30}`, `expires=${nowSeconds + 300}`],
      ['nonce-0001', 'nonce-0002'],
      [';alg="hmac-sha256"', ''],
      ['"@method" "@authority"', '"@authority" "@method"'],
      [' "x-list"', ''],
    ] as const) {
      assert.notEqual(input.replace(from, to), input)
      await isRefused('signature', withHeader(head, 'signature-input', input.replace(from, to)))
    }
  })

  test('is refused under every change of a single character of its signature', async () => {
    const text = headerOf(signed(), 'signature')
    for (let at = 6; at < text.length - 2; at += 5) {
      const other = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      await assert.rejects(verify(withHeader(signed(), 'signature', other)), { code: 'SIGNATURE_INVALID' })
    }
  })

  test('is refused with a signature that was cut, grew, or is empty', async () => {
    const { signing, verifying } = newEd25519()
    for (const [key, verifyingKey] of [
      [hmacKey, hmacKey],
      [signing, verifying],
    ] as const) {
      const head = signed({ key })
      const whole = Buffer.from(headerOf(head, 'signature').slice(6, -1), 'base64')
      for (const bytes of [
        whole.subarray(0, -1),
        whole.subarray(0, 16),
        Buffer.alloc(0),
        Buffer.concat([whole, Buffer.alloc(1)]),
      ])
        await isRefused('signature', withHeader(head, 'signature', `sig1=:${bytes.toString('base64')}:`), body, {
          key: verifyingKey,
        })
    }
  })
})

describe('the algorithm', () => {
  const { signing, verifying, pem } = newEd25519()

  test('is the key’s: an HMAC under the public key, which everybody has, is no signature', async () => {
    const raw = verifying.publicKey
    for (const secret of [raw, Buffer.from(pem), Buffer.concat([raw, raw])]) {
      const forged = { algorithm: 'hmac-sha256', secret } as const
      await isRefused('algorithm', signed({ key: forged }), body, { key: verifying })
      await isRefused('signature', signedAs(`(${names})${parameters}`, forged), body, { key: verifying })
      await isRefused('signature', signedAs(`(${names})${parameters};alg="ed25519"`, forged), body, { key: verifying })
    }
  })

  test('is the key’s: an Ed25519 signature is none under a secret', async () => {
    await isRefused('algorithm', signed({ key: signing }))
    await isRefused('signature', signedAs(`(${names})${parameters}`, signing))
    await isRefused('signature', signedAs(`(${names})${parameters};alg="hmac-sha256"`, signing))
  })

  test('that the message names must be the one that the key has', async () => {
    for (const alg of ['none', 'HMAC-SHA256', 'hmac-sha512', 'rsa-v1_5-sha256', 'constructor', 'ed25519']) {
      await isRefused('algorithm', signedAs(`(${names})${parameters};alg="${alg}"`))
    }
  })

  test('of a key of low order is no algorithm: anybody could sign', async () => {
    const zero = { algorithm: 'ed25519', publicKey: new Uint8Array(32) } as const
    const one = { algorithm: 'ed25519', publicKey: new Uint8Array(32).fill(1, 0, 1) } as const
    const forged = Buffer.alloc(64)
    forged[0] = 1
    for (const key of [zero, one]) {
      const head = signed({ key: signing })
      await isRefused('signature', withHeader(head, 'signature', `sig1=:${forged.toString('base64')}:`), body, { key })
    }
  })

  test('a key that is not what it says is a fault, and no refusal', async () => {
    const short = { algorithm: 'hmac-sha256', secret: new Uint8Array(31) } as const
    await assert.rejects(verify(signed(), body, { key: short }), RangeError)
    assert.throws(() => signed({ key: short }), RangeError)
  })
})

describe('what must be covered', () => {
  test('each of the four, whatever else is', async () => {
    for (const name of ['@method', '@authority', '@path', '@query']) {
      const rest = names.replace(`"${name}"`, '"@target-uri"')
      await isRefused('uncovered', signedAs(`(${rest})${parameters}`))
    }
    await isRefused('uncovered', signedAs(`()${parameters}`))
  })

  test('a header that the route requires', async () => {
    await verify(signed(), body, { required: ['content-type'] })
    await isRefused('uncovered', signed(), body, { required: ['idempotency-key'] })
  })

  test('a digest that is there', async () => {
    await isRefused('uncovered', signedAs(`(${names.replace(' "content-digest"', '')})${parameters}`))
  })

  test('a covered header that is absent or was taken away is refused', async () => {
    for (const name of ['content-type', 'x-list', 'content-digest'])
      await isRefused('absent', withHeader(signed(), name))
    assert.throws(() => signed({ cover: ['x-none'] }), refused('absent'))
  })

  test('nothing twice, nothing unknown, no parameters, no upper case, not too many', async () => {
    const valid = signed()
    for (const odd of [
      `(${names} "@method")`,
      `(${names} "x-list" "x-list")`,
      `(${names} "@status")`,
      `(${names} "@query-param";name="folder")`,
      `(${names} "@signature-params")`,
      `(${names} "@constructor")`,
      `(${names} "x-list";sf)`,
      `(${names} "x-list";bs)`,
      `(${names} "x-list";key="one")`,
      `(${names} "@method";req)`,
      `(${names} "x-list";tr)`,
      `(${names} "x-list" "x-list";bs)`,
      `(${names} "X-List")`,
      `(${names} x-list)`,
      `(${names} 17)`,
      `(${names} "")`,
      `(${names} "x list")`,
      `(${names}${Array.from({ length: 28 }, (_, at) => ` "x-${at}"`).join('')})`,
    ])
      await isRefused('components', withHeader(valid, 'signature-input', `sig1=${odd}${parameters}`))
  })

  test('the parameters created, nonce and keyid, of their types, and none that is unknown', async () => {
    for (const odd of [
      `;nonce="n";keyid="key_one"`,
      `;created=${nowSeconds};keyid="key_one"`,
      `;created=${nowSeconds};nonce="n"`,
      `;created="${nowSeconds}";nonce="n";keyid="key_one"`,
      `;created;nonce="n";keyid="key_one"`,
      `;created=${nowSeconds};nonce=n;keyid="key_one"`,
      `;created=${nowSeconds};nonce=:bg==:;keyid="key_one"`,
      `;created=${nowSeconds};nonce="";keyid="key_one"`,
      `;created=${nowSeconds};nonce="n";keyid=""`,
      `;created=${nowSeconds};nonce="${'n'.repeat(257)}";keyid="key_one"`,
      `${parameters};expires="soon"`,
      `${parameters};alg=hmac-sha256`,
      `${parameters};context="x"`,
      `${parameters};constructor`,
    ])
      await isRefused('parameter', signedAs(`(${names})${odd}`))
    for (const twice of [`;created=1`, ';nonce="n"', ';keyid="key_one"', ';created=1.5'])
      await isRefused('form', withHeader(signed(), 'signature-input', `sig1=(${names})${parameters}${twice}`))
  })

  test('a tag only where one is expected, and that one', async () => {
    await isRefused('tag', signed({ tag: 'inbox' }))
    await isRefused('tag', signed(), body, { tag: 'inbox' })
    await isRefused('tag', signed({ tag: 'outbox' }), body, { tag: 'inbox' })
  })

  test('a key that nobody knows is refused', async () => {
    await isRefused('key', signed({ keyId: 'key_two' }))
    await isRefused('key', signed(), body, { lookUp: async () => null })
  })
})

describe('the window', () => {
  test('is from five seconds ahead to sixty seconds back', async () => {
    for (const now of [nowSeconds - 5, nowSeconds, nowSeconds + 60]) await verify(signed(), body, { now })
    await isRefused('ahead', signed(), body, { now: nowSeconds - 6 })
    await isRefused('old', signed(), body, { now: nowSeconds + 61 })
    await isRefused('old', signed({ nowSeconds: 0 }))
    await isRefused('old', signed({ nowSeconds: -nowSeconds }))
    await isRefused('ahead', signed({ nowSeconds: 999_999_999_999_999 }))
  })

  test('is another one where the verifier says so', async () => {
    const wide = { maxAgeSeconds: 300, maxAheadSeconds: 0 }
    const { nonce } = await verify(signed(), body, { ...wide, now: nowSeconds + 300 })
    assert.equal(nonce.untilSeconds, nowSeconds + 301)
    await isRefused('old', signed(), body, { ...wide, now: nowSeconds + 301 })
    await isRefused('ahead', signed(), body, { ...wide, now: nowSeconds - 1 })
  })

  test('ends earlier where the signature says so, and never later', async () => {
    const brief = signed({ expiresInSeconds: 10 })
    await verify(brief, body, { now: nowSeconds + 9 })
    await isRefused('expired', brief, body, { now: nowSeconds + 10 })
    await isRefused('old', signed({ expiresInSeconds: 9_999 }), body, { now: nowSeconds + 61 })
    for (const expiresInSeconds of [0, -1]) {
      await isRefused('expired', signed({ expiresInSeconds }), body, { now: nowSeconds - 3 })
    }
  })
})

describe('the body', () => {
  test('is the one that was signed', async () => {
    for (const bytes of [
      Buffer.from(body.toString().replace('mara', 'mira')),
      body.subarray(0, -1),
      Buffer.concat([body, body]),
      Buffer.alloc(0),
    ])
      await isRefused('digest', signed(), bytes)
  })

  test('without a digest is refused, also where the sender signed none', async () => {
    const bare = signed({ cover: [] }, plainHead, null)
    await isRefused('digest-missing', bare)
    await isRefused('digest-missing', bare, Buffer.alloc(1))
    await isRefused('uncovered', withHeader(bare, 'content-digest', contentDigest(body)))
  })

  test('may be empty, with the digest of nothing', async () => {
    const empty = { ...plainHead, headers: [['content-digest', contentDigest(Buffer.alloc(0))]] } as RequestHead
    await verify(signed({ cover: ['content-digest'] }, empty, null), Buffer.alloc(0))
    await isRefused('digest', signed({ cover: ['content-digest'] }, empty, null))
  })

  test('every digest must fit, and each must be sha-256 or sha-512 in its canonical form', async () => {
    const good = contentDigest(body)
    const long = contentDigest(body, 'sha-512')
    const other = contentDigest(Buffer.from('other'), 'sha-512')
    const withDigest = (...lines: string[]) =>
      signed({ cover: ['content-digest'] }, withHeader(plainHead, 'content-digest', ...lines), null)
    await verify(withDigest(`${good}, ${long}`))
    await verify(withDigest(good, long))
    await isRefused('digest', withDigest(`${good}, ${other}`))
    for (const lines of [
      [good, good],
      [`${good}, md5=:1B2M2Y8AsgTpgAmY7PhCfg==:`],
      ['sha=:2jmj7l5rSw0yVb/vlWAYkK/YBwk=:'],
      [`${good};x`],
      [good.replace('sha-256', 'SHA-256')],
      [good.replaceAll(':', '"')],
      [good.replace('sha-256', 'sha-512')],
      [good.slice(0, -5)],
      [good.replace('=:', '=: ')],
      [`sha-256=(${good.slice(8)})`],
      ['sha-256'],
      [''],
      [good.replace('=:', '')],
      [`${good},${' '.repeat(600)}${long}`],
    ])
      await isRefused('digest-form', withDigest(...lines))
  })
})
