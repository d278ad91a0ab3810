import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { deleteBatch } from './delete-batch.ts'
import type { TestDatabase } from './testing.ts'
import { openTestDatabase, testServers } from './testing.ts'

for (const { name: server, missing } of testServers)
  describe(`${server}: batches of a sweep`, { skip: missing }, () => {
    let storage: TestDatabase
    before(async () => {
      storage = await openTestDatabase([], { server })
      await storage.asOwner(`create schema shop; create table shop.item (id int primary key, at int);
        grant usage on schema shop to custodia_app; grant select, update, delete on shop.item to custodia_app`)
    })
    after(() => storage.close())
    beforeEach(() =>
      storage.asOwner('truncate shop.item; insert into shop.item select n, n from generate_series(1, 10) as n'),
    )
    const left = async () => (await storage.asOwner('select id from shop.item order by id')).map(({ id }) => id)
    const sweep = (limit: number) => deleteBatch(storage.database.queries, 'shop.item', sql`at < ${8}`, limit)

    test('take no more than the limit, only what is meant, and say how many they took', async () => {
      assert.equal(await sweep(3), 3)
      assert.equal((await left()).length, 7)
      assert.equal(await sweep(100), 4)
      assert.deepEqual(await left(), [8, 9, 10])
      assert.equal(await sweep(100), 0)
    })

    test('pass over what somebody holds, and do not wait for it', async () => {
      await storage.database.transaction(async (tx) => {
        await sql`select from shop.item where id = 5 for update`.execute(tx)
        assert.equal(await sweep(100), 6)
      })
      assert.deepEqual(await left(), [5, 8, 9, 10])
    })

    test('a value is a value, and never a part of the statement', async () => {
      const words = '1; drop table shop.item'
      await assert.rejects(deleteBatch(storage.database.queries, 'shop.item', sql`at < ${words}`, 10))
      assert.equal((await left()).length, 10)
    })
  })
