import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Derivation } from './derivation.ts'
import { deriveDataKey, deriveIndexKey } from './derive-keys.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { KcXaesKey } from './kc-xaes-key.ts'
import type { EnvelopePlace } from './place.ts'
import { deriveAgain, expandAgain, labelBytes, numberBytes, sealAgain, textBytes } from './testing.ts'

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as T
const bytes = (hex: string) => Buffer.from(hex, 'hex')

type Ours = {
  envelopes: {
    name: string
    secret: string
    keyId: string
    number: number
    nonce: string
    place: EnvelopePlace
    plaintext: string
    sealed: string
  }[]
  dataKeys: {
    secret: string
    organisationId: string
    applicationId: string
    collection: string
    number: number
    key: string
  }[]
  indexKeys: {
    secret: string
    organisationId: string | null
    applicationId: string
    collection: string
    field: string
    key: string
  }[]
}
const ours = read<Ours>('envelope-v2')

for (const vector of ours.envelopes) {
  test(`${vector.name}: sealed, opened and computed again as the vector says`, async () => {
    const [secret, keyId, nonce] = [bytes(vector.secret), bytes(vector.keyId), bytes(vector.nonce)]
    const { number, place } = vector
    const key = { keyId, number, sealing: new KcXaesKey(secret) }
    const plaintext = bytes(vector.plaintext)
    const sealed = sealEnvelope(key, place, plaintext, (target, at) => nonce.copy(target, at))
    assert.equal(sealed.toString('hex'), vector.sealed)
    assert.deepEqual(openEnvelope(key, place, sealed), plaintext)
    const again = await sealAgain({ keyId, number, secret }, place, plaintext, nonce)
    assert.equal(Buffer.from(again).toString('hex'), vector.sealed)
  })
}

test('data keys are derived as the vectors say, and computed again on WebCrypto', async () => {
  for (const { secret, key, ...scope } of ours.dataKeys) {
    assert.equal(deriveDataKey(bytes(secret), scope).toString('hex'), key)
    const { organisationId, applicationId, collection, number } = scope
    const info = [
      labelBytes('custodia data key v1'),
      ...[organisationId, applicationId, collection].map(textBytes),
    ].flat()
    const again = await expandAgain(bytes(secret), [...info, ...numberBytes(number)])
    assert.equal(Buffer.from(again.subarray(0, 32)).toString('hex'), key)
  }
})

test('index keys are derived as the vectors say, and computed again on WebCrypto', async () => {
  for (const { secret, key, ...scope } of ours.indexKeys) {
    assert.equal(deriveIndexKey(bytes(secret), scope).toString('hex'), key)
    const { organisationId, applicationId, collection, field } = scope
    const info = [
      labelBytes('custodia index key v1'),
      ...[organisationId, applicationId, collection, field].map(textBytes),
    ]
    const again = await expandAgain(bytes(secret), info.flat())
    assert.equal(Buffer.from(again.subarray(0, 32)).toString('hex'), key)
  }
})

test('no two derivations of one key meet, whatever part differs', () => {
  const secret = bytes(ours.dataKeys[0]?.secret ?? '')
  const data = { organisationId: 'org_a', applicationId: 'inbox', collection: 'messages', number: 1 }
  const index = { organisationId: 'org_a', applicationId: 'inbox', collection: 'messages', field: 'from' }
  const derived = [
    deriveDataKey(secret, data),
    deriveDataKey(secret, { ...data, organisationId: 'org_b' }),
    deriveDataKey(secret, { ...data, applicationId: 'notes' }),
    deriveDataKey(secret, { ...data, collection: 'drafts' }),
    deriveDataKey(secret, { ...data, number: 2 }),
    deriveDataKey(secret, { ...data, applicationId: 'inboxm', collection: 'essages' }),
    deriveIndexKey(secret, index),
    deriveIndexKey(secret, { ...index, organisationId: 'org_b' }),
    deriveIndexKey(secret, { ...index, organisationId: null }),
    deriveIndexKey(secret, { ...index, applicationId: 'notes' }),
    deriveIndexKey(secret, { ...index, collection: 'drafts' }),
    deriveIndexKey(secret, { ...index, field: 'to' }),
  ]
  assert.equal(new Set(derived.map((key) => key.toString('hex'))).size, derived.length)
  assert.ok(derived.every((key) => key.length === 32))
})

test('data key 0, numbers beyond a u32 and empty names are refused', () => {
  const data = { organisationId: 'org_a', applicationId: 'inbox', collection: 'messages', number: 1 }
  for (const part of [{ number: 0 }, { number: -1 }, { number: 2 ** 32 }, { organisationId: '' }, { collection: '' }])
    assert.throws(() => deriveDataKey(Buffer.alloc(32), { ...data, ...part }), RangeError)
})

// KC-XAES-256-GCM: the published values of XAES-256-GCM, and those of an implementation with the commitment.

function derive(key: Uint8Array, nonce: Uint8Array) {
  const { messageKey, commitment } = new KcXaesKey(key).derive(nonce)
  return { messageKey: Buffer.from(messageKey), commitment: Buffer.from(commitment) }
}

/** AES-256-GCM under the derived key. @returns ciphertext and tag. */
function gcm(messageKey: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, ad: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', messageKey, nonce.subarray(12)).setAAD(ad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

type Xaes = {
  vectors: { key: string; nonce: string; messageKey: string; plaintext: string; ad: string; ciphertext: string }[]
  accumulated: { iterations: number; hash: string }
}
const xaes = read<Xaes>('xaes-c2sp')

test('message keys and ciphertexts are what C2SP XAES-256-GCM gives, for either first bit of L', async () => {
  for (const vector of xaes.vectors) {
    const [key, nonce] = [bytes(vector.key), bytes(vector.nonce)]
    const { messageKey } = derive(key, nonce)
    assert.equal(messageKey.toString('hex'), vector.messageKey)
    assert.equal(gcm(messageKey, nonce, bytes(vector.plaintext), bytes(vector.ad)).toString('hex'), vector.ciphertext)
    const again = await deriveAgain(key, nonce)
    assert.equal(Buffer.from(again.messageKey).toString('hex'), vector.messageKey)
  }
})

test('10,000 random messages hash to what C2SP XAES-256-GCM says', () => {
  const { iterations, hash } = xaes.accumulated
  // Each message takes 58 bytes of the stream and two random lengths.
  const stream = createHash('shake128', { outputLength: iterations * 320 }).digest()
  let at = 0
  const take = (length: number) => {
    at += length
    return stream.subarray(at - length, at)
  }
  const ciphertexts = createHash('shake128', { outputLength: 32 })
  for (let i = 0; i < iterations; i++) {
    const [key, nonce] = [take(32), take(24)]
    const plaintext = take(take(1)[0] as number)
    const ad = take(take(1)[0] as number)
    ciphertexts.update(gcm(derive(key, nonce).messageKey, nonce, plaintext, ad))
  }
  assert.ok(at < stream.length)
  assert.equal(ciphertexts.digest('hex'), hash)
})

type KeyCommitting = { key: string; nonce: string; in: string; ad: string; ct: string; tag: string }

test('commitments are what AWS-LC gives, and again on WebCrypto', async () => {
  for (const vector of read<KeyCommitting[]>('kc-xaes-aws-lc')) {
    const [key, nonce] = [bytes(vector.key), bytes(vector.nonce)]
    const { messageKey, commitment } = derive(key, nonce)
    const sealed = gcm(messageKey, nonce, bytes(vector.in), bytes(vector.ad))
    assert.equal(sealed.toString('hex') + commitment.toString('hex'), vector.ct + vector.tag)
    const again = await deriveAgain(key, nonce)
    assert.equal(Buffer.from(again.commitment).toString('hex'), commitment.toString('hex'))
    assert.equal(Buffer.from(again.messageKey).toString('hex'), messageKey.toString('hex'))
  }
})

// Wycheproof: the primitives, called exactly as the envelope and its keys call them.

type Aead = { tcId: number; key: string; iv: string; aad: string; msg: string; ct: string; tag: string; result: string }
type Mac = { tcId: number; key: string; msg: string; tag: string; result: string }
type Hkdf = { tcId: number; ikm: string; salt: string; info: string; size: number; okm: string; result: string }

test('AES-256-GCM gives what Wycheproof says, and opens nothing that Wycheproof calls invalid', () => {
  const vectors = read<Aead[]>('aes-gcm-wycheproof')
  assert.ok(vectors.some((one) => one.result === 'valid') && vectors.some((one) => one.result === 'invalid'))
  for (const { tcId, key, iv, aad, msg, ct, tag, result } of vectors) {
    const decipher = createDecipheriv('aes-256-gcm', bytes(key), bytes(iv))
    decipher.setAAD(bytes(aad))
    decipher.setAuthTag(bytes(tag))
    const open = () => Buffer.concat([decipher.update(bytes(ct)), decipher.final()]).toString('hex')
    if (result !== 'valid') {
      assert.throws(open, `vector ${tcId}`)
      continue
    }
    assert.equal(open(), msg, `vector ${tcId}`)
    const cipher = createCipheriv('aes-256-gcm', bytes(key), bytes(iv))
    cipher.setAAD(bytes(aad))
    assert.equal(cipher.update(bytes(msg)).toString('hex'), ct, `vector ${tcId}`)
    assert.equal(cipher.final().length, 0)
    assert.equal(cipher.getAuthTag().toString('hex'), tag, `vector ${tcId}`)
  }
})

test('HMAC-SHA-512 gives what Wycheproof says', () => {
  for (const { tcId, key, msg, tag, result } of read<Mac[]>('hmac-sha512-wycheproof')) {
    const mac = createHmac('sha512', bytes(key)).update(bytes(msg)).digest('hex')
    assert.equal(mac === tag, result === 'valid', `vector ${tcId}`)
  }
})

test('our one step of HKDF-Expand gives what Wycheproof says, and what hkdfSync gives', () => {
  for (const { tcId, ikm, salt, info, size, okm, result } of read<Hkdf[]>('hkdf-sha512-wycheproof')) {
    assert.equal(result, 'valid')
    // RFC 5869 §2.2: the extract step, which our uniformly random keys do without.
    const prk = createHmac('sha512', salt === '' ? Buffer.alloc(64) : bytes(salt))
      .update(bytes(ikm))
      .digest()
    const derivation = new Derivation('overwritten')
    const expanded = derivation.expand(prk, bytes(info).copy(derivation.info))
    assert.equal(expanded.toString('hex', 0, size), okm, `vector ${tcId}`)
    assert.deepEqual(
      expanded,
      Buffer.from(hkdfSync('sha512', bytes(ikm), bytes(salt), bytes(info), 64)),
      `vector ${tcId}`,
    )
  }
})
