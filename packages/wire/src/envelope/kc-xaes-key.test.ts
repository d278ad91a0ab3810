import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { KcXaesKey } from './kc-xaes-key.ts'
import { deriveAgain } from './testing.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
function derive(key: KcXaesKey, nonce: Uint8Array) {
  const { messageKey, commitment } = key.derive(nonce)
  return { messageKey: Buffer.from(messageKey).toString('hex'), commitment: Buffer.from(commitment).toString('hex') }
}

test('message key and commitment are those that two CMACs each give on WebCrypto, whatever key and nonce', async () => {
  await fc.assert(
    fc.asyncProperty(bytes(32), bytes(24), async (secret, nonce) => {
      const again = await deriveAgain(secret, nonce)
      const expected = {
        messageKey: Buffer.from(again.messageKey).toString('hex'),
        commitment: Buffer.from(again.commitment).toString('hex'),
      }
      for (const form of [secret, createSecretKey(secret)])
        assert.deepEqual(derive(new KcXaesKey(form), nonce), expected)
    }),
    { numRuns: 100 },
  )
})

test('keys that take turns do not disturb each other', () => {
  const keys = Array.from({ length: 5 }, () => new KcXaesKey(randomBytes(32)))
  const nonces = Array.from({ length: 5 }, () => randomBytes(24))
  const alone = keys.map((key, at) => derive(key, nonces[at] as Buffer))
  for (let round = 0; round < 3; round++)
    assert.deepEqual(
      keys.map((key, at) => derive(key, nonces[at] as Buffer)),
      alone,
    )
})

test('the commitment follows each bit of the whole nonce, and the message key each of its first half', () => {
  const key = new KcXaesKey(randomBytes(32))
  const nonce = randomBytes(24)
  const before = derive(key, nonce)
  for (let bit = 0; bit < 192; bit++) {
    const changed = Buffer.from(nonce)
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    const after = derive(key, changed)
    assert.notEqual(after.commitment, before.commitment)
    // The second half is the nonce of AES-256-GCM itself.
    assert.equal(after.messageKey === before.messageKey, bit >= 96)
  }
})

test('a key of another length is refused', () => {
  for (const length of [0, 16, 24, 31, 33, 64])
    assert.throws(() => new KcXaesKey(new Uint8Array(length)), `${length} bytes`)
})

test('it is a copy: whoever overwrites the bytes changes nothing', () => {
  const secret = randomBytes(32)
  const key = new KcXaesKey(secret)
  const nonce = randomBytes(24)
  const before = derive(key, nonce)
  secret.fill(0)
  assert.deepEqual(derive(key, nonce), before)
})

test('a forgotten one gives nothing any more, and it never shows what it holds', () => {
  const secret = randomBytes(32)
  const key = new KcXaesKey(secret)
  assert.equal(`${inspect(key, { showHidden: true, depth: 9 })} ${JSON.stringify(key)}`, 'KcXaesKey {} {}')
  key.forget()
  assert.throws(() => key.derive(randomBytes(24)))
})
