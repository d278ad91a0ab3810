import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { EnvelopeKey } from './envelope.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { EnvelopeError } from './envelope-error.ts'
import { KcXaesKey } from './kc-xaes-key.ts'
import type { EnvelopePlace } from './place.ts'
import { placeBytes } from './testing.ts'

// AES-GCM itself commits to no key: here is a ciphertext that it opens under two, and what the envelope makes of it.

const one128 = 1n << 127n

/** Multiplication in GF(2^128) as GCM has it: NIST SP 800-38D §6.3. */
function times(a: bigint, b: bigint): bigint {
  let [product, shifted] = [0n, b]
  for (let bit = one128; bit > 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= shifted
    shifted = (shifted & 1n) === 0n ? shifted >> 1n : (shifted >> 1n) ^ (0xe1n << 120n)
  }
  return product
}

/** a^(2^128 − 2), which is 1 / a. */
function inverse(a: bigint): bigint {
  let [result, power] = [one128, a]
  for (let i = 1; i < 128; i++) {
    power = times(power, power)
    result = times(result, power)
  }
  return result
}

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
const block = (value: bigint) => Buffer.from(value.toString(16).padStart(32, '0'), 'hex')

/** What GCM's tag is made of, for one block of ciphertext C: tag = fixed + C·H². */
function tagParts(messageKey: Uint8Array, nonce: Uint8Array, associated: Uint8Array) {
  const aes = (input: Uint8Array) => {
    const cipher = createCipheriv('aes-256-ecb', messageKey, null).setAutoPadding(false)
    return number(cipher.update(input))
  }
  const h = aes(Buffer.alloc(16))
  let hash = 0n
  for (let at = 0; at < associated.length; at += 16) {
    const part = Buffer.alloc(16)
    part.set(associated.subarray(at, at + 16))
    hash = times(hash ^ number(part), h)
  }
  const square = times(h, h)
  const lengths = (BigInt(associated.length * 8) << 64n) | 128n
  const mask = aes(Buffer.concat([nonce, Uint8Array.of(0, 0, 0, 1)]))
  return { square, fixed: times(hash, square) ^ times(lengths, h) ^ mask }
}

test('one ciphertext that AES-GCM opens under two keys opens under none but the one that is committed to', () => {
  const place: EnvelopePlace = {
    organisationId: 'org_a',
    applicationId: 'inbox',
    subjectId: null,
    collection: 'messages',
    record: 'msg_1',
    field: 'body',
    schemaVersion: 1,
  }
  const name = { keyId: randomBytes(16), number: 1 }
  const keys = [0, 1].map((): EnvelopeKey => ({ ...name, sealing: new KcXaesKey(randomBytes(32)) }))
  const [mine, theirs] = keys as [EnvelopeKey, EnvelopeKey]
  const nonce = randomBytes(24)
  const header = sealEnvelope(mine, place, '', (target, at) => void nonce.copy(target, at)).subarray(0, 46)
  const associated = Buffer.concat([header, Uint8Array.from(placeBytes(place))])
  const derived = keys.map(({ sealing }) => {
    const { messageKey, commitment } = sealing.derive(nonce)
    return { messageKey: Buffer.from(messageKey), commitment: Buffer.from(commitment) }
  })
  const gcmNonce = nonce.subarray(12)
  const [a, b] = derived.map(({ messageKey }) => tagParts(messageKey, gcmNonce, associated))
  assert.ok(a && b)
  // Both tags are one where C·(H_a² + H_b²) = fixed_a + fixed_b.
  const ciphertext = times(a.fixed ^ b.fixed, inverse(a.square ^ b.square))
  const tag = block(a.fixed ^ times(ciphertext, a.square))
  const plaintexts = derived.map(({ messageKey }) => {
    const decipher = createDecipheriv('aes-256-gcm', messageKey, gcmNonce).setAAD(associated).setAuthTag(tag)
    return Buffer.concat([decipher.update(block(ciphertext)), decipher.final()])
  })
  assert.notDeepEqual(plaintexts[0], plaintexts[1])

  for (const [at, { commitment }] of derived.entries()) {
    const forged = Buffer.concat([header, commitment, block(ciphertext), tag])
    const [owner, other] = at === 0 ? [mine, theirs] : [theirs, mine]
    assert.deepEqual(openEnvelope(owner, place, forged), plaintexts[at])
    assert.throws(() => openEnvelope(other, place, forged), EnvelopeError)
  }
})
