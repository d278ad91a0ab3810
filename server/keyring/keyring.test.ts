import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase, testServers } from '../platform/database/testing.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Place } from './api.ts'
import type { KeyringModule } from './module.ts'
import { keyring as manifest } from './module.ts'
import type { TestMachine } from './testing.ts'
import { testMachine } from './testing.ts'

const migrations = [{ module: 'keyring', folder: manifest.migrations as URL }]
const refusal = (code: string) => (error: unknown) => isRefusal(error, code)
const place = (changes: Partial<Place> = {}): Place => ({
  organisationId: 'org_a',
  subjectId: 'usr_ann',
  collection: 'identity.user',
  record: 'usr_ann',
  field: 'email',
  schemaVersion: 1,
  ...changes,
})

for (const server of testServers)
  describe(server.name, { skip: server.missing }, () => {
    let db: TestDatabase
    let machine: TestMachine
    let one: KeyringModule
    let other: KeyringModule
    before(async () => {
      db = await openTestDatabase(migrations, { server: server.name })
      machine = await testMachine()
      one = await machine.start(db.database)
      other = await machine.start(await db.reopen())
    })
    after(async () => {
      await machine.close()
      await db.close()
    })

    const rows = (where: string) => db.asOwner(`select * from keyring.key where ${where}`)
    const opens = async (keyring: KeyringModule, where: Place, sealed: Buffer) =>
      (await keyring.open(where, sealed)).toString()

    test('what one process seals, another opens', async () => {
      const sealed = await one.seal(place(), 'ann@example.org')
      assert.equal(sealed.length, 'ann@example.org'.length + 94)
      assert.equal(await opens(other, place(), sealed), 'ann@example.org')
      for (const [subjectId, organisationId] of [
        [null, 'org_a'],
        ['usr_ann', null],
        [null, null],
      ] as const) {
        const where = place({ subjectId, organisationId })
        assert.equal(await opens(other, where, await one.seal(where, 'x')), 'x')
      }
    })

    test('nothing opens at any other place, whatever differs', async () => {
      const some = fc.constantFrom('a', 'b')
      const places: fc.Arbitrary<Place> = fc.record({
        organisationId: fc.option(some),
        subjectId: fc.option(some),
        collection: some,
        record: some,
        field: some,
        schemaVersion: fc.constantFrom(1, 2),
      })
      await fc.assert(
        fc.asyncProperty(places, places, async (here, there) => {
          const sealed = await one.seal(here, 'x')
          if (JSON.stringify(here) === JSON.stringify(there)) assert.equal(await opens(other, there, sealed), 'x')
          else await assert.rejects(other.open(there, sealed), refusal('ENVELOPE_INVALID'))
        }),
        { numRuns: 150 },
      )
    })

    test('what is cut, changed, empty or under a key that never was is refused in the same words', async () => {
      const sealed = await one.seal(place(), 'x')
      const flipped = Buffer.from(sealed)
      flipped.writeUInt8((flipped[60] as number) ^ 1, 60)
      const unknown = Buffer.from(sealed)
      unknown.fill(7, 2, 18)
      const messages = new Set<string>()
      for (const bad of [flipped, unknown, sealed.subarray(0, 50), Buffer.alloc(0), Buffer.alloc(200)])
        await assert.rejects(one.open(place(), bad), (error: Error) => {
          messages.add(error.message)
          return isRefusal(error, 'ENVELOPE_INVALID') && Object.keys(error.details).length === 0
        })
      assert.equal(messages.size, 1)
    })

    test('processes that need a key at the same moment all get the one that won', async () => {
      const places = ['usr_r1', 'usr_r2', 'usr_r3'].map((subjectId) => place({ organisationId: 'org_race', subjectId }))
      const sealing = places.flatMap((where) =>
        [one, other, one, other].map(async (keyring) => [where, await keyring.seal(where, 'x')] as const),
      )
      for (const [where, sealed] of await Promise.all(sealing)) {
        assert.equal(await opens(one, where, sealed), 'x')
        assert.equal(await opens(other, where, sealed), 'x')
      }
      assert.equal((await rows(`organisation_id = 'org_race'`)).length, 4)
      const created = machine.events.filter((event) => event.organisationId === 'org_race')
      assert.deepEqual(
        created.map(({ type, subjectId }) => `${type} ${subjectId}`).sort(),
        ['null', 'usr_r1', 'usr_r2', 'usr_r3'].map((subject) => `keyring.key.created ${subject}`),
      )
    })

    test('more callers inside transactions than there are connections do not wait for each other', async () => {
      const sealing = Array.from({ length: 24 }, (_, i) =>
        db.database.transaction(() => one.seal(place({ organisationId: 'org_many', subjectId: `usr_${i}` }), 'x')),
      )
      assert.equal((await Promise.all(sealing)).length, 24)
    })

    test('a key that was made stays, though the caller’s transaction is rolled back', async () => {
      let sealed: Buffer = Buffer.alloc(0)
      const where = place({ subjectId: 'usr_rollback' })
      const failing = db.database.transaction(async () => {
        sealed = await one.seal(where, 'x')
        throw new Error('called off')
      })
      await assert.rejects(failing, /called off/)
      assert.equal(await opens(other, where, sealed), 'x')
    })

    test('after a restart the signer has the same key, and it is Ed25519', async () => {
      const [first, second] = [await one.signer('ledger'), await other.signer('ledger')]
      assert.equal(first.keyId, second.keyId)
      assert.deepEqual(first.publicKey, second.publicKey)
      assert.equal(first.publicKey.length, 32)
      const message = Buffer.from('message')
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(first.publicKey).toString('base64url') }
      assert.ok(verify(null, message, { key: jwk, format: 'jwk' }, second.sign(message)))
      assert.ok(!verify(null, Buffer.from('other'), { key: jwk, format: 'jwk' }, first.sign(message)))
      assert.notEqual((await one.signer('assertion')).keyId, first.keyId)
    })

    test('a secret is the same everywhere, another for another purpose, and a copy each time', async () => {
      const secret = await one.secret('session-token')
      assert.equal(secret.length, 32)
      assert.deepEqual(await other.secret('session-token'), secret)
      assert.notDeepEqual(await one.secret('password-pepper'), secret)
      secret.fill(0)
      assert.notDeepEqual(await one.secret('session-token'), secret)
      await assert.rejects(one.secret('No Such'), /purpose/)
    })

    test('a blind index is the same everywhere and differs by organisation, collection, field and value', async () => {
      const scope = { organisationId: 'org_a', collection: 'identity.user', field: 'email' }
      const index = await one.blindIndex(scope, 'ann@example.org')
      assert.equal(index.length, 32)
      assert.deepEqual(await other.blindIndex(scope, 'ann@example.org'), index)
      const others = await Promise.all([
        one.blindIndex({ ...scope, organisationId: 'org_b' }, 'ann@example.org'),
        one.blindIndex({ ...scope, organisationId: null }, 'ann@example.org'),
        one.blindIndex({ ...scope, collection: 'identity.link' }, 'ann@example.org'),
        one.blindIndex({ ...scope, field: 'name' }, 'ann@example.org'),
        one.blindIndex(scope, 'ann@example.com'),
      ])
      assert.equal(new Set([index, ...others].map((one) => one.toString('hex'))).size, 6)
    })

    test('every sealed message is counted to its key, over all processes', async () => {
      const fresh = await machine.start(db.database)
      const where = place({ subjectId: 'usr_counted' })
      for (let i = 0; i < 5; i++) await fresh.seal(where, 'x')
      await other.seal(where, 'x')
      await fresh.stop()
      assert.equal((await rows(`subject_id = 'usr_counted'`))[0]?.messages_sealed, 5)
      await other.stop()
      other = await machine.start(await db.reopen())
      assert.equal((await rows(`subject_id = 'usr_counted'`))[0]?.messages_sealed, 6)
    })

    test('no key lies in the database in the clear', async () => {
      const secrets = await Promise.all(['password-pepper', 'session-token'].map((purpose) => one.secret(purpose)))
      const wrapped = (await rows('true')).map((row) => row.wrapped as Buffer)
      for (const bytes of wrapped) assert.ok(secrets.every((secret) => !bytes.includes(secret)))
      // 32 bytes in an envelope.
      assert.ok(wrapped.length > 10 && wrapped.every((bytes) => bytes.length === 126))
    })

    test('identifiers that could be read as others are faults, not places', async () => {
      for (const subjectId of ['', 'a\nb', 'a b', 'ü', 'a'.repeat(129), 'a\0'])
        await assert.rejects(one.seal(place({ subjectId }), 'x'), /identifier/)
    })

    test('whoever swaps the wrapped keys of two rows gets a fault, and never another’s data', async () => {
      const [ann, bob] = [place({ subjectId: 'usr_s1' }), place({ subjectId: 'usr_s2' })]
      const sealed = await one.seal(ann, 'ann’s')
      await one.seal(bob, 'bob’s')
      await db.asOwner(`
        update keyring.key k set wrapped = o.wrapped from keyring.key o
        where k.subject_id = 'usr_s1' and o.subject_id = 'usr_s2'`)
      const fresh = await machine.start(db.database)
      await assert.rejects(fresh.open(ann, sealed), /does not open/)
      await assert.rejects(fresh.seal(ann, 'x'), /does not open/)
    })

    test('whoever renames a key’s subject in the database can’t read it as somebody else', async () => {
      const where = place({ subjectId: 'usr_renamed' })
      const sealed = await one.seal(where, 'x')
      await db.asOwner(`update keyring.key set subject_id = 'usr_thief' where subject_id = 'usr_renamed'`)
      const fresh = await machine.start(db.database)
      await assert.rejects(fresh.open(place({ subjectId: 'usr_thief' }), sealed), /does not open/)
    })

    test('the application’s role can neither delete a key nor change whose it is', async () => {
      for (const statement of [
        `delete from keyring.key`,
        `update keyring.key set subject_id = 'x'`,
        `update keyring.key set wrapped_by = id`,
        `truncate keyring.key`,
      ])
        await assert.rejects(
          db.asOwner(`begin; set local role custodia_app; ${statement}; commit`).finally(() => db.asOwner('rollback')),
          /permission denied/,
        )
    })
  })
