import assert from 'node:assert/strict'
import crypto, { createCipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EnvelopeKey } from './envelope.ts'
import {
  envelopeOverhead,
  keyIdBytes,
  keyIdText,
  looksLikeVersion1,
  maxPlaintextBytes,
  openEnvelope,
  readKeyName,
  sealEnvelope,
} from './envelope.ts'
import { EnvelopeError } from './envelope-error.ts'
import { KcXaesKey } from './kc-xaes-key.ts'
import type { EnvelopePlace } from './place.ts'
import { placeBytes, sealAgain } from './testing.ts'

const secret = randomBytes(32)
const key: EnvelopeKey = { keyId: randomBytes(16), number: 7, sealing: new KcXaesKey(createSecretKey(secret)) }
const place: EnvelopePlace = {
  organisationId: 'org_a',
  applicationId: 'inbox',
  subjectId: 'mailbox:team',
  collection: 'messages',
  record: 'msg_1',
  field: 'body',
  schemaVersion: 1,
}
const refused = (open: () => unknown) => assert.throws(open, EnvelopeError)

const short = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 3 })
const places: fc.Arbitrary<EnvelopePlace> = fc.record({
  organisationId: fc.option(short),
  applicationId: short,
  subjectId: fc.option(short),
  collection: short,
  record: short,
  field: short,
  schemaVersion: fc.constantFrom(0, 1, 2, 0xffff_ffff),
})

test('what was sealed opens to the same bytes, and is 94 bytes longer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), places, (plaintext, where) => {
      const sealed = sealEnvelope(key, where, plaintext)
      assert.equal(sealed.length, plaintext.length + 94)
      assert.deepEqual(new Uint8Array(openEnvelope(key, where, sealed)), plaintext)
    }),
    { numRuns: 200 },
  )
})

test('any two places that differ, in whatever way, do not open for each other', () => {
  fc.assert(
    fc.property(places, places, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other))
      refused(() => openEnvelope(key, other, sealEnvelope(key, one, 'x')))
    }),
    { numRuns: 500 },
  )
})

test('each single part of a place is bound', () => {
  const sealed = sealEnvelope(key, place, 'secret')
  const others: Partial<EnvelopePlace>[] = [
    { organisationId: 'org_b' },
    { organisationId: null },
    { applicationId: 'custodia' },
    { subjectId: 'mailbox:other' },
    { subjectId: null },
    { collection: 'drafts' },
    { record: 'msg_2' },
    { field: 'subject' },
    { schemaVersion: 2 },
    // Text moved across a border between two parts.
    { collection: 'message', record: 'smsg_1' },
  ]
  for (const other of others) refused(() => openEnvelope(key, { ...place, ...other }, sealed))
})

test('a flipped bit anywhere is refused', () => {
  const sealed = sealEnvelope(key, place, 'attack at dawn')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8((changed[bit >> 3] as number) ^ (1 << (bit & 7)), bit >> 3)
    refused(() => openEnvelope(key, place, changed))
  }
})

test('a truncated, lengthened or empty value is refused', () => {
  const sealed = sealEnvelope(key, place, 'attack at dawn')
  for (let length = 0; length < sealed.length; length++)
    refused(() => openEnvelope(key, place, sealed.subarray(0, length)))
  refused(() => openEnvelope(key, place, Buffer.concat([sealed, Buffer.alloc(1)])))
  refused(() => openEnvelope(key, place, Buffer.alloc(envelopeOverhead + maxPlaintextBytes + 1, 1)))
})

test('another version or suite is refused, and its key name is not read', () => {
  for (const [at, value] of [
    [0, 0],
    [0, 1],
    [0, 3],
    [1, 0],
    [1, 1],
    [1, 3],
  ] as const) {
    const changed = sealEnvelope(key, place, '')
    changed[at] = value
    refused(() => openEnvelope(key, place, changed))
    refused(() => readKeyName(changed))
  }
  refused(() => readKeyName(new Uint8Array(93).fill(2)))
})

test('a value of version 1 is refused as anything else is, and told apart for whoever looks after it', () => {
  // The first envelope of the former vectors, whose key this was.
  const former = Buffer.from(
    '0101656c737a81888f969da4abb2b9c0c7ce00000000c9d0d7dee5ecf3fa01080f161d242b323940474e555c636a71787f868d949ba2150ee5df0aa231da7c78baf5791367c81c09c5894d93779292847082fac36b94e9568516e62086835dc1c45f25172e6020d9e0d90542e35affbd9ab26573f1',
    'hex',
  )
  const itsKey = '01080f161d242b323940474e555c636a71787f868d949ba2a9b0b7bec5ccd3da'
  const sealing = new KcXaesKey(Buffer.from(itsKey, 'hex'))
  refused(() => openEnvelope({ keyId: former.subarray(2, 18), number: 0, sealing }, place, former))
  refused(() => readKeyName(former))
  assert.equal(looksLikeVersion1(former), true)
  for (const other of [sealEnvelope(key, place, ''), new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(1, 2)])
    assert.equal(looksLikeVersion1(other), false)
})

test('another key, another key id or another data key number does not open', () => {
  const sealed = sealEnvelope(key, place, 'x')
  refused(() => openEnvelope({ ...key, sealing: new KcXaesKey(randomBytes(32)) }, place, sealed))
  refused(() => openEnvelope({ ...key, keyId: randomBytes(16) }, place, sealed))
  refused(() => openEnvelope({ ...key, number: 8 }, place, sealed))
  refused(() => openEnvelope({ ...key, number: 0 }, place, sealed))
})

test('the commitment is checked: a value that AES-GCM itself would open is refused without it', () => {
  const sealed = sealEnvelope(key, place, 'x')
  for (const commitment of [Buffer.alloc(32), randomBytes(32), sealEnvelope(key, place, 'x').subarray(46, 78)]) {
    const forged = Buffer.from(sealed)
    commitment.copy(forged, 46)
    refused(() => openEnvelope(key, place, forged))
  }
})

test('the commitment is checked before anything is decrypted', (t) => {
  const sealed = sealEnvelope(key, place, 'x')
  const decipher = t.mock.method(crypto, 'createDecipheriv')
  syncBuiltinESMExports()
  t.after(() => {
    decipher.mock.restore()
    syncBuiltinESMExports()
  })
  openEnvelope(key, place, sealed)
  assert.equal(decipher.mock.callCount(), 1)
  sealed.fill(0, 46, 78)
  refused(() => openEnvelope(key, place, sealed))
  refused(() => openEnvelope({ ...key, sealing: new KcXaesKey(randomBytes(32)) }, place, sealEnvelope(key, place, 'x')))
  assert.equal(decipher.mock.callCount(), 1)
})

test('the tag is checked: a value that the right key committed to, with another ciphertext, is refused', () => {
  const one = sealEnvelope(key, place, 'aaaa')
  const forged = Buffer.from(one)
  // The right commitment, and a ciphertext and tag of another key.
  const associated = Buffer.concat([one.subarray(0, 46), Uint8Array.from(placeBytes(place))])
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), one.subarray(34, 46)).setAAD(associated)
  Buffer.concat([cipher.update('aaaa'), cipher.final()]).copy(forged, 78)
  cipher.getAuthTag().copy(forged, 82)
  refused(() => openEnvelope(key, place, forged))
})

test('empty and 1 MiB plaintexts pass, and one byte more is refused', () => {
  const large = randomBytes(maxPlaintextBytes)
  assert.deepEqual(openEnvelope(key, place, sealEnvelope(key, place, large)), large)
  assert.equal(openEnvelope(key, place, sealEnvelope(key, place, '')).length, 0)
  assert.throws(() => sealEnvelope(key, place, Buffer.alloc(maxPlaintextBytes + 1)), RangeError)
})

test('the same plaintext is never sealed to the same bytes, over more nonces than a pool holds', () => {
  const seen = new Set<string>()
  for (let i = 0; i < 1_000; i++) {
    const sealed = sealEnvelope(key, place, 'x')
    seen.add(sealed.toString('hex', 22, 46))
    assert.notEqual(sealed.toString('hex', 22, 46), '0'.repeat(48))
  }
  assert.equal(seen.size, 1_000)
})

test('text is sealed as UTF-8', () => {
  assert.equal(openEnvelope(key, place, sealEnvelope(key, place, 'Grüße, 世界 😀')).toString(), 'Grüße, 世界 😀')
})

test('a place that could be written like another is refused, as is a key that has no proper name', () => {
  const bad: Partial<EnvelopePlace>[] = [
    { organisationId: '' },
    { subjectId: '' },
    { record: '' },
    { record: '\ud800' },
    { field: 'é'.repeat(513) },
    { field: 'a'.repeat(1_025) },
    { schemaVersion: -1 },
    { schemaVersion: 2 ** 32 },
  ]
  for (const part of bad) assert.throws(() => sealEnvelope(key, { ...place, ...part }, 'x'), RangeError)
  assert.ok(sealEnvelope(key, { ...place, field: 'é'.repeat(512) }, 'x'))
  assert.throws(() => sealEnvelope({ ...key, keyId: randomBytes(15) }, place, 'x'), RangeError)
  assert.throws(() => sealEnvelope({ ...key, number: 2 ** 32 }, place, 'x'), RangeError)
})

test('the second implementation, on WebCrypto, makes the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), places, async (plaintext, where) => {
      const sealed = sealEnvelope(key, where, plaintext)
      const again = await sealAgain({ ...key, secret }, where, plaintext, sealed.subarray(22, 46))
      assert.deepEqual(new Uint8Array(sealed), again)
    }),
    { numRuns: 50 },
  )
})

test('a key name is read as it was written, from any position of a larger buffer', () => {
  const keyId = keyIdBytes('0b59d3e5-7b7c-4d1f-9a53-0c6a5cf0a1b2')
  const sealed = sealEnvelope({ ...key, keyId, number: 0xffff_ffff }, place, 'x')
  const wider = Buffer.concat([Buffer.alloc(3), sealed]).subarray(3)
  assert.deepEqual(readKeyName(wider), { keyId: '0b59d3e5-7b7c-4d1f-9a53-0c6a5cf0a1b2', number: 0xffff_ffff })
  assert.equal(keyIdText(keyId), '0b59d3e5-7b7c-4d1f-9a53-0c6a5cf0a1b2')
  for (const text of ['', 'urn:uuid:0b59d3e5-7b7c-4d1f-9a53-0c6a5cf0a1b2', '0B59D3E5-7B7C-4D1F-9A53-0C6A5CF0A1B2'])
    assert.throws(() => keyIdBytes(text), RangeError)
})
