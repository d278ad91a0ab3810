import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRefusal } from '../../platform/errors.ts'
import { systemRandom } from '../../platform/random.ts'
import { Queue } from '../queue.ts'
import { importedHashes } from './foreign/imported-hashes.ts'
import { Hasher } from './hasher.ts'
import { readPhc, writePhc } from './phc.ts'

// As cheap as Argon2 allows (RFC 9106 §3.1): these tests are about everything but the cost.
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }
const pepper = Buffer.alloc(32, 7)
// The keyring seals; what it makes of a text is tested where it stands.
const imported = importedHashes({
  seal: async (_place, text) => Buffer.from(text),
  open: async (_place, sealed) => Buffer.from(sealed),
})
const make = (changes: Partial<ConstructorParameters<typeof Hasher>[0]> = {}) =>
  new Hasher({
    pepper,
    cost: cheap,
    random: systemRandom,
    queue: new Queue({ atOnce: 2, maxWaiting: 100 }),
    observe() {},
    imported,
    ...changes,
  })

test('a password verifies against its own hash, and no other does', async () => {
  const hasher = make()
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (one, other) => {
      const stored = await hasher.hash(one)
      assert.equal(await hasher.verify(one, stored), true)
      assert.equal(await hasher.verify(other, stored), one.normalize('NFC') === other.normalize('NFC'))
    }),
    { numRuns: 50 },
  )
})

test('nothing of a long password is dropped', async () => {
  const hasher = make()
  const long = 'x'.repeat(1_024)
  const stored = await hasher.hash(long)
  assert.equal(await hasher.verify(long.slice(0, -1), stored), false)
  assert.equal(await hasher.verify(`${long.slice(0, -1)}y`, stored), false)
})

test('the hash is the runtime’s Argon2id with the pepper as its secret', async () => {
  const phc = readPhc(await make().hash('pässword'))
  assert.ok(phc !== null)
  const expected = argon2Sync('argon2id', {
    message: 'pässword',
    nonce: phc.salt,
    secret: pepper,
    memory: 8,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  })
  assert.deepEqual(phc.tag, expected)
})

test('with an empty pepper it is what the reference argon2 command line computes', {
  skip: spawnSync('argon2', ['-h']).error !== undefined && 'NO argon2 COMMAND: apt-get install argon2',
}, async () => {
  const salt = 'sixteen letters!'
  for (const cost of [
    { memoryKib: 19_456, passes: 2, lanes: 1 },
    { memoryKib: 65_536, passes: 3, lanes: 1 },
    { memoryKib: 256, passes: 1, lanes: 4 },
  ]) {
    const hasher = make({ pepper: Buffer.alloc(0), cost, random: { bytes: () => Buffer.from(salt) } })
    const { memoryKib, passes, lanes } = cost
    const args = [salt, '-id', '-t', String(passes), '-k', String(memoryKib), '-p', String(lanes), '-l', '32', '-e']
    const reference = spawnSync('argon2', args, { input: 'seven müde Reiher', encoding: 'utf8' }).stdout.trim()
    assert.equal(await hasher.hash('seven müde Reiher'), reference)
    assert.equal(await hasher.verify('seven müde Reiher', reference), true)
  }
})

test('an imported hash verifies without the pepper, is outdated, and where it fails costs one of ours as well', async () => {
  let made = 0
  const hasher = make({
    observe() {
      made += 1
    },
  })
  const hash = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const stored = await imported.seal(hash)
  assert.equal(stored.includes('$'), false)
  assert.equal(hasher.outdated(stored), true)
  assert.equal(await hasher.verify('U*U', stored), true)
  assert.equal(made, 0)
  assert.equal(await hasher.verify('U*U*', stored), false)
  assert.equal(await hasher.verify('U*U', hash), false, 'a hash that was not imported is nothing')
  assert.equal(await hasher.verify('U*U', 'imported:!!!'), false)
  assert.equal(made, 3)
})

test('an imported Argon2 hash is not taken for one of ours, nor one of ours for an imported one', async () => {
  const foreign = `$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`
  assert.equal(await make().verify('password', await imported.seal(foreign)), true)
  assert.equal(await make().verify('password', foreign), false)
  assert.equal(await make().verify('secret', await imported.seal(await make().hash('secret'))), false)
})

test('an imported hash is found however the password is composed', async () => {
  const composed = await imported.seal('$2b$05$abcdefghijklmnopqrstuucZGbUxuMlEqps0qcu2pjhO7vaatQZIC')
  for (const form of ['NFC', 'NFD']) assert.equal(await make().verify('pässword'.normalize(form), composed), true)
})

test('without the pepper a stolen hash verifies nothing', async () => {
  const stored = await make().hash('secret')
  assert.equal(await make({ pepper: Buffer.alloc(32, 8) }).verify('secret', stored), false)
})

test('two hashes of one password have nothing in common', async () => {
  const hasher = make()
  assert.notEqual((await hasher.hash('secret')).slice(-80), (await hasher.hash('secret')).slice(-80))
})

test('where there is nothing to compare with, a hash of today’s cost is made and the answer is no', async () => {
  let made = 0
  const observe = () => {
    made += 1
  }
  const hasher = make({ observe })
  for (const stored of [
    null,
    '',
    'plain',
    '$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  ])
    assert.equal(await hasher.verify('secret', stored), false)
  assert.equal(made, 4)
})

test('a hash of another cost is outdated, and still verifies', async () => {
  const stored = await make().hash('secret')
  for (const cost of [
    { ...cheap, memoryKib: 16 },
    { ...cheap, passes: 2 },
  ]) {
    const dearer = make({ cost })
    assert.equal(dearer.outdated(stored), true)
    assert.equal(await dearer.verify('secret', stored), true)
  }
  assert.equal(make().outdated(stored), false)
  assert.equal(make().outdated('plain'), true)
})

test('a PHC string reads back as what was written', () => {
  const bytes = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((one) => Buffer.from(one))
  const cost = fc.record(
    {
      memoryKib: fc.integer({ min: 128, max: 1_048_576 }),
      passes: fc.integer({ min: 1, max: 16 }),
      lanes: fc.integer({ min: 1, max: 16 }),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.record({ cost, salt: bytes(16), tag: bytes(32) }, { noNullPrototype: true }), (hash) => {
      assert.deepEqual(readPhc(writePhc(hash)), hash)
    }),
  )
})

test('a stored value that asks for more than a server can bear is not read', () => {
  const rest = 'AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA'
  assert.notEqual(readPhc(`$argon2id$v=19$m=19456,t=2,p=1$${rest}`), null)
  for (const text of [
    `$argon2id$v=19$m=1048577,t=2,p=1$${rest}`,
    `$argon2id$v=19$m=19456,t=17,p=1$${rest}`,
    `$argon2id$v=19$m=19456,t=0,p=1$${rest}`,
    `$argon2id$v=19$m=19456,t=2,p=17$${rest}`,
    `$argon2id$v=19$m=19456,t=2,p=0$${rest}`,
    `$argon2id$v=19$m=7,t=2,p=1$${rest}`,
    `$argon2i$v=19$m=19456,t=2,p=1$${rest}`,
    `$argon2id$v=16$m=19456,t=2,p=1$${rest}`,
    `$argon2id$v=19$m=19456,t=2,p=1$${rest}\n`,
    `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(100_000)}$A`,
    '$argon2id$v=19$m=19456,t=2,p=1$$',
  ])
    assert.equal(readPhc(text), null, text.slice(0, 60))
})

test('no more run at once than the queue lets, and the rest wait their turn', async () => {
  const queue = new Queue({ atOnce: 2, maxWaiting: 10 })
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
  const started: number[] = []
  const all = gates.map((gate, n) =>
    queue.run(
      async () => {
        started.push(n)
        await gate.promise
      },
      () => new Error('full'),
    ),
  )
  assert.deepEqual([started, queue.waiting], [[0, 1], 4])
  for (const [n, gate] of gates.entries()) {
    gate.resolve()
    await all[n]
    assert.ok(started.length <= n + 3)
  }
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5])
})

test('one that fails makes room for the next', async () => {
  const queue = new Queue({ atOnce: 1, maxWaiting: 1 })
  const full = () => new Error('full')
  const fail = queue.run(() => Promise.reject(new Error('broken')), full)
  const next = queue.run(async () => 'done', full)
  await assert.rejects(fail, /broken/)
  assert.equal(await next, 'done')
  assert.equal(await queue.run(async () => 'again', full), 'again')
})

test('beyond the bound nobody waits: they are refused at once, with a time to come back', async () => {
  const hasher = make({ queue: new Queue({ atOnce: 1, maxWaiting: 1 }) })
  const running = [hasher.hash('a'), hasher.hash('b')]
  await assert.rejects(hasher.hash('c'), (error) => {
    assert.ok(isRefusal(error, 'IDENTITY_BUSY'))
    assert.ok(Number(error.details.retryAfterSeconds) >= 1)
    return true
  })
  await Promise.all(running)
  assert.equal(await hasher.verify('d', await hasher.hash('d')), true)
})
