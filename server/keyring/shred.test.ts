import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MemoryBus } from '../platform/cache/memory-bus.ts'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase, testServers } from '../platform/database/testing.ts'
import { isRefusal } from '../platform/errors.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { Place } from './api.ts'
import type { KeyringModule } from './module.ts'
import { keyring as manifest } from './module.ts'
import { lockSubject } from './store.ts'
import type { TestMachine } from './testing.ts'
import { testMachine } from './testing.ts'

const migrations = [{ module: 'keyring', folder: manifest.migrations as URL }]
const shredded = (error: unknown) => isRefusal(error, 'KEY_SHREDDED')
/** PostgreSQL's lock_not_available: over HTTP it is SERVER_BUSY. */
const underWay = { code: '55P03' }
const placeOf = (subjectId: string): Place => ({
  organisationId: 'org_a',
  subjectId,
  collection: 'identity.user',
  record: 'r',
  field: 'email',
  schemaVersion: 1,
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

    const shred = (keyring: KeyringModule, subjectId: string, organisationId = 'org_a') =>
      db.database.transaction((tx) => keyring.shred(tx, organisationId, subjectId))
    const rows = (subjectId: string) => db.asOwner(`select * from keyring.key where subject_id = '${subjectId}'`)

    test('what was sealed under a shredded key opens in no process, although all of them had the key in memory', async () => {
      const place = placeOf('usr_gone')
      const sealed = await one.seal(place, 'x')
      await other.open(place, sealed)
      await shred(one, 'usr_gone')
      for (const keyring of [one, other, await machine.start(db.database)]) {
        await assert.rejects(keyring.open(place, sealed), shredded)
        await assert.rejects(keyring.seal(place, 'y'), shredded)
      }
      for (const row of await rows('usr_gone')) {
        assert.equal((row.wrapped as Buffer).length, 0)
        assert.ok(row.shredded_at)
      }
    })

    test('the subject of the same name in another organisation keeps its keys', async () => {
      const place = { ...placeOf('usr_twin'), organisationId: 'org_b' }
      const sealed = await one.seal(place, 'x')
      await shred(one, 'usr_twin')
      assert.equal((await other.open(place, sealed)).toString(), 'x')
    })

    test('shredding twice changes nothing and records one event', async () => {
      await one.seal(placeOf('usr_twice'), 'x')
      await shred(one, 'usr_twice')
      const before = await rows('usr_twice')
      machine.clock.advance(1_000)
      await shred(other, 'usr_twice')
      assert.deepEqual(await rows('usr_twice'), before)
      const events = machine.events.filter(
        ({ type, subjectId }) => type === 'keyring.subject.shredded' && subjectId === 'usr_twice',
      )
      assert.equal(events.length, 1)
    })

    test('a subject that is shredded before it had a key gets none afterwards', async () => {
      await shred(one, 'usr_early')
      await assert.rejects(other.seal(placeOf('usr_early'), 'x'), shredded)
    })

    test('a shredding that is rolled back destroys nothing', async () => {
      const place = placeOf('usr_kept')
      const sealed = await one.seal(place, 'x')
      const failing = db.database.transaction(async (tx) => {
        await one.shred(tx, 'org_a', 'usr_kept')
        throw new Error('called off')
      })
      await assert.rejects(failing, /called off/)
      assert.equal((await one.open(place, sealed)).toString(), 'x')
      assert.equal((await other.open(place, sealed)).toString(), 'x')
    })

    test('a process that reads the key while it is being shredded does not keep it', async () => {
      const place = placeOf('usr_between')
      const sealed = await one.seal(place, 'x')
      await db.database.transaction(async (tx) => {
        await one.shred(tx, 'org_a', 'usr_between')
        // Not yet committed: the key still opens, and would be cached now.
        assert.equal((await other.open(place, sealed)).toString(), 'x')
        // Whoever shreds dies after the commit: nobody hears of it a second time.
        for (const bus of machine.hub) bus.publish = async () => {}
      })
      await assert.rejects(other.open(place, sealed), shredded)
      for (const bus of machine.hub) Reflect.deleteProperty(bus, 'publish')
    })

    test('a key can’t be made behind the back of a shredding: whoever tries is sent away at once, not left waiting', async () => {
      await db.database.transaction(async (tx) => {
        await one.shred(tx, 'org_a', 'usr_new')
        await assert.rejects(one.seal(placeOf('usr_new'), 'x'), underWay)
        await assert.rejects(other.seal(placeOf('usr_new'), 'x'), underWay)
      })
      await assert.rejects(other.seal(placeOf('usr_new'), 'x'), shredded)
    })

    test('nobody is told that keys were destroyed where they were not: the shredding was rolled back', async () => {
      const failing = db.database.transaction(async (tx) => {
        await one.shred(tx, 'org_a', 'usr_spared')
        await assert.rejects(other.seal(placeOf('usr_spared'), 'x'), underWay)
        throw new Error('called off')
      })
      await assert.rejects(failing, /called off/)
      await other.seal(placeOf('usr_spared'), 'x')
    })

    test('while an application destroys its keys of a subject, the server and others make theirs, and it makes none', async () => {
      const call = (applicationId: string, method: string, subject: string) => {
        const wanted = method === 'DELETE' ? '/v1/keyring/subjects/:subject' : '/v1/keyring/data-keys'
        const route = one.routes.find(({ path }) => path === wanted)
        const principal = { kind: 'application', id: applicationId, organisationId: 'org_a', roles: [], keyId: 'key_x' }
        return route?.handle({ principal, params: { subject }, body: { subject, collection: 'c' } } as never)
      }
      await db.database.transaction(async (tx) => {
        await lockSubject(tx, 'org_a', 'usr_shared', 'app_a')
        await one.seal(placeOf('usr_shared'), 'x')
        await call('app_b', 'POST', 'usr_shared')
        await assert.rejects(async () => call('app_a', 'POST', 'usr_shared'), underWay)
      })
      await call('app_a', 'DELETE', 'usr_shared')
      await assert.rejects(async () => call('app_a', 'POST', 'usr_shared'), shredded)
    })

    test('many shredders and sealers of one subject leave no live key behind', async () => {
      for (let round = 0; round < 5; round++) {
        const subject = `usr_storm${round}`
        const results = await Promise.allSettled([
          one.seal(placeOf(subject), 'x'),
          other.seal(placeOf(subject), 'x'),
          shred(one, subject),
          shred(other, subject),
          other.seal({ ...placeOf(subject), field: 'name' }, 'x'),
        ])
        for (const result of results)
          if (result.status === 'rejected')
            assert.ok(shredded(result.reason) || result.reason.code === underWay.code, result.reason)
        for (const row of await rows(subject)) assert.ok(row.shredded_at)
      }
    })

    test('while others can’t be told, nothing is destroyed', async () => {
      const { log } = keepingLog()
      const bus = new MemoryBus(log)
      const alone = await machine.start(db.database, { bus })
      const place = placeOf('usr_unheard')
      const sealed = await alone.seal(place, 'x')
      await bus.close()
      await assert.rejects(shred(alone, 'usr_unheard'), (error) => isRefusal(error, 'KEYRING_UNHEARD'))
      assert.equal((await alone.open(place, sealed)).toString(), 'x')
    })

    test('a process whose bus is not healthy asks the database each time', async () => {
      const { log } = keepingLog()
      const deaf = new MemoryBus(log)
      const alone = await machine.start(db.database, { bus: deaf })
      const place = placeOf('usr_deaf')
      const sealed = await alone.seal(place, 'x')
      deaf.healthy = () => false
      assert.equal((await alone.open(place, sealed)).toString(), 'x')
      await shred(one, 'usr_deaf')
      await assert.rejects(alone.open(place, sealed), shredded)
      await assert.rejects(alone.seal(place, 'x'), shredded)
    })

    test('a key of a shredded subject opens no sooner at a wrong place: the refusal does not tell it existed', async () => {
      const sealed = await one.seal(placeOf('usr_asked'), 'x')
      await shred(one, 'usr_asked')
      await assert.rejects(one.open(placeOf('usr_thief'), sealed), (error) => isRefusal(error, 'ENVELOPE_INVALID'))
    })

    test('organisation keys are never shredded with a subject', async () => {
      const place = { ...placeOf('x'), subjectId: null }
      const sealed = await one.seal(place, 'x')
      await shred(one, 'usr_any')
      assert.equal((await one.open(place, sealed)).toString(), 'x')
    })
  })
