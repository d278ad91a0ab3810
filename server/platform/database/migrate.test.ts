import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { keepingLog } from '../telemetry/testing.ts'
import { MigrationError, migrate } from './migrate.ts'
import type { TestDatabase } from './testing.ts'
import { openTestDatabase, testServers } from './testing.ts'

for (const { name: server, missing } of testServers)
  describe(`${server}: migrations`, { skip: missing }, () => {
    let storage: TestDatabase
    let folder: string
    beforeEach(async () => {
      folder = `${mkdtempSync(join(tmpdir(), 'custodia-migrations-'))}/`
      storage = await openTestDatabase([], { server })
    })
    afterEach(async () => {
      rmSync(folder, { recursive: true })
      await storage.close()
    })

    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    const run = (url = storage.ownerUrl) => {
      const { log, lines } = keepingLog()
      const migrations = [{ module: 'shop', folder: pathToFileURL(folder) }]
      return migrate({ url, migrations, log }).then(() =>
        lines.map((line) => (line.fields as { migration: string }).migration),
      )
    }
    const applied = async () =>
      (await storage.asOwner('select name from platform.migration order by applied_at, name')).map((row) => row.name)
    const refused = (message: RegExp) => (error: Error) => {
      assert.ok(error instanceof MigrationError)
      assert.match(error.message, message)
      return true
    }

    test('each file runs once, in the order of the names, and what is not SQL is left alone', async () => {
      write('0002_fill.sql', 'insert into shop.item values (1)')
      write('0001_create.sql', 'create table shop.item (id int)')
      write('README.md', 'not SQL')
      assert.deepEqual(await run(), ['0001_create', '0002_fill'])
      write('0003_more.sql', 'insert into shop.item values (2)')
      assert.deepEqual(await run(), ['0003_more'])
      assert.deepEqual(await run(), [])
      assert.deepEqual(await storage.asOwner('select id from shop.item order by id'), [{ id: 1 }, { id: 2 }])
    })

    test('processes that start at once take turns: each file runs once, and all of them start', async () => {
      write('0001_create.sql', 'create table shop.item (id int)')
      write('0002_fill.sql', 'insert into shop.item values (1); select pg_sleep(0.05)')
      const ran = await Promise.all([run(), run(), run(), run()])
      assert.deepEqual(ran.flat(), ['0001_create', '0002_fill'])
      assert.deepEqual(await storage.asOwner('select id from shop.item'), [{ id: 1 }])
    })

    test('a file that fails leaves nothing of itself, is named, and those before it stay', async () => {
      write('0001_create.sql', 'create table shop.item (id int)')
      write('0002_broken.sql', 'create table shop.half (id int); select * from shop.nowhere')
      await assert.rejects(run(), refused(/shop\/0002_broken failed: .*nowhere/))
      assert.deepEqual(await applied(), ['0001_create'])
      assert.deepEqual(await storage.asOwner(`select to_regclass('shop.half') as half`), [{ half: null }])
      write('0002_broken.sql', 'create table shop.whole (id int)')
      assert.deepEqual(await run(), ['0002_broken'])
    })

    for (const text of ['create table shop.a (id int); commit;', 'rollback; create table platform.a (id int)'])
      test(`a file that ends its own transaction is refused: ${text}`, async () => {
        write('0001_sly.sql', text)
        await assert.rejects(run(), refused(/0001_sly failed: it ends the transaction/))
        assert.deepEqual(await applied(), [])
      })

    test('a file that was changed after it was applied refuses the start, by a single byte', async () => {
      write('0001_create.sql', 'create table shop.item (id int)')
      await run()
      write('0001_create.sql', 'create table shop.item (id int) ')
      await assert.rejects(run(), refused(/shop\/0001_create was changed/))
    })

    test('a database that a newer version has migrated refuses the older one, which changes nothing', async () => {
      write('0001_create.sql', 'create table shop.item (id int)')
      write('0002_new.sql', 'create table shop.next (id int)')
      await run()
      rmSync(join(folder, '0002_new.sql'))
      write('0001b_late.sql', 'create table shop.late (id int)')
      await assert.rejects(run(), refused(/knows the migration shop\/0002_new/))
      assert.deepEqual(await applied(), ['0001_create', '0002_new'])
    })

    test('a module whose files are gone altogether refuses the start too', async () => {
      write('0001_create.sql', 'create table shop.item (id int)')
      await run()
      await assert.rejects(
        migrate({ url: storage.ownerUrl, migrations: [], log: keepingLog().log }),
        refused(/shop\/0001/),
      )
    })

    test('a process that dies in the middle of a file neither keeps the lock nor leaves half of it', async () => {
      write('0001_dies.sql', 'create table shop.half (id int); select pg_terminate_backend(pg_backend_pid())')
      await assert.rejects(run())
      write('0001_dies.sql', 'create table shop.half (id int)')
      assert.deepEqual(await run(), ['0001_dies'])
    })

    test('the application may enter a module’s schema, and its tables only where a file grants it', async () => {
      write(
        '0001_create.sql',
        'create table shop.open (id int); grant select on shop.open to custodia_app; create table shop.shut (id int)',
      )
      await run()
      const may = `select has_schema_privilege('custodia_app', 'shop', 'usage') as enter,
        has_schema_privilege('custodia_app', 'shop', 'create') as make,
        has_table_privilege('custodia_app', 'shop.open', 'select') as open,
        has_table_privilege('custodia_app', 'shop.shut', 'select') as shut`
      assert.deepEqual(await storage.asOwner(may), [{ enter: true, make: false, open: true, shut: false }])
    })

    test('a role that may not work as custodia_app is told what an administrator must run', async () => {
      const stranger = `stranger_${new URL(storage.ownerUrl).pathname.slice(-8)}`
      await storage.asOwner(`create role ${stranger} login password 'pass'`)
      try {
        const url = new URL(storage.ownerUrl)
        url.username = stranger
        url.password = 'pass'
        await assert.rejects(run(url.href), refused(new RegExp(`GRANT custodia_app TO ${stranger};`)))
      } finally {
        await storage.asOwner(`drop role ${stranger}`)
      }
    })

    test('a database that does not store UTF-8 is refused', async () => {
      const name = `${new URL(storage.ownerUrl).pathname.slice(1)}_latin`
      await storage.asOwner(
        `create database ${name} encoding 'LATIN1' locale 'C' locale_provider 'libc' template template0`,
      )
      try {
        const url = new URL(storage.ownerUrl)
        url.pathname = `/${name}`
        await assert.rejects(run(url.href), refused(/stores text as LATIN1/))
      } finally {
        await storage.asOwner(`drop database ${name}`)
      }
    })
  })
