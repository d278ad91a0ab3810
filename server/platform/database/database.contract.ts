import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { keepingLog } from '../telemetry/testing.ts'
import { afterCommit, beforeCommit } from './after-commit.ts'
import type { Database, Queries } from './database.ts'
import { ended, eventually } from './fixtures/observe.ts'
import { openDatabase } from './open.ts'
import type { TestDatabase, TestServerName } from './testing.ts'
import { openTestDatabase } from './testing.ts'

const ledger = { module: 'ledger', folder: new URL('fixtures/ledger/', import.meta.url) }

/** What `Database` promises, on one server. */
export function databaseContract(server: TestServerName, missing: string | false): void {
  describe(`${server}: a database`, { skip: missing }, () => {
    let storage: TestDatabase
    let database: Database
    let other: Database
    before(async () => {
      storage = await openTestDatabase([ledger], { server })
      database = storage.database
      other = await storage.reopen()
    })
    after(() => storage?.close())

    const add = (queries: Queries, note: string) =>
      sql`insert into ledger.entry (note) values (${note})`.execute(queries)
    const has = async (note: string) =>
      (await sql`select 1 from ledger.entry where note = ${note}`.execute(other.queries)).rows.length > 0
    const backendOf = async (queries: Queries) =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(queries)).rows[0]?.pid ?? 0
    const kill = (pid: number) => storage.asOwner(`select pg_terminate_backend(${pid}, 5000)`)

    describe('transactions', () => {
      test('work that returns is committed, and its result handed on', async () => {
        const work = database.transaction(async (tx) => {
          await add(tx, 'kept')
          return 'done'
        })
        assert.equal(await work, 'done')
        assert.equal(await has('kept'), true)
      })

      test('work that throws leaves nothing, and what it threw is thrown', async () => {
        const reason = new Error('no')
        const work = database.transaction(async (tx) => {
          await add(tx, 'undone')
          throw reason
        })
        await assert.rejects(work, (error) => error === reason)
        assert.equal(await has('undone'), false)
      })

      test('a failed statement whose error is swallowed commits nothing, and the caller is told', async () => {
        let announced = false
        const work = database.transaction(async (tx) => {
          afterCommit(tx, () => {
            announced = true
          })
          await add(tx, 'half')
          await sql`select 1 / 0`.execute(tx).catch(() => {})
        })
        await assert.rejects(work, /rolled back/)
        assert.equal(await has('half'), false)
        assert.equal(announced, false)
      })

      test('what is kept for the end of a transaction is written in it, in its order, and not after a roll-back', async () => {
        const late = (fails: boolean) =>
          database.transaction(async (tx) => {
            const first = async () => void (await add(tx, `end-one-${fails}`))
            assert.equal(beforeCommit(tx, first), true)
            assert.equal(
              beforeCommit(tx, async () => {
                assert.equal(await has(`end-one-${fails}`), false, 'it is seen before the commit')
                if (fails) throw new Error('no')
                await add(tx, `end-two-${fails}`)
              }),
              true,
            )
          })
        await late(false)
        assert.deepEqual([await has('end-one-false'), await has('end-two-false')], [true, true])
        await assert.rejects(late(true), /no/)
        assert.deepEqual([await has('end-one-true'), await has('end-two-true')], [false, false])
        assert.equal(
          beforeCommit(database.queries, () => assert.fail('outside a transaction there is no end')),
          false,
        )
      })

      test('what is announced after a commit is there for everybody, before the caller is answered', async () => {
        const seen: boolean[] = []
        await database.transaction(async (tx) => {
          afterCommit(tx, async () => void seen.push(await has('announced')))
          await add(tx, 'announced')
        })
        assert.deepEqual(seen, [true])
      })

      test('nothing is announced after a roll-back', async () => {
        let announced = false
        const work = database.transaction(async (tx) => {
          afterCommit(tx, () => {
            announced = true
          })
          throw new Error('no')
        })
        await assert.rejects(work)
        assert.equal(announced, false)
      })

      test('an announcement that fails does not undo the answer: the change is committed', async () => {
        const work = database.transaction(async (tx) => {
          afterCommit(tx, () => {
            throw new Error('the bus is away')
          })
          await add(tx, 'unheard')
          return 'done'
        })
        assert.equal(await work, 'done')
        assert.equal(await has('unheard'), true)
      })

      test('two that wait for each other both come to their end', async () => {
        await storage.asOwner(`insert into ledger.balance values ('left', 0), ('right', 0)`)
        const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
        const move = (on: Database, mine: 0 | 1) =>
          on.transaction(async (tx) => {
            const names = mine === 0 ? ['left', 'right'] : ['right', 'left']
            await sql`update ledger.balance set amount = amount + 1 where name = ${names[0]}`.execute(tx)
            met[mine].resolve()
            await met[1 - mine]?.promise
            await sql`update ledger.balance set amount = amount + 1 where name = ${names[1]}`.execute(tx)
          })
        await Promise.all([move(database, 0), move(other, 1)])
        assert.deepEqual(await storage.asOwner('select distinct amount::int from ledger.balance'), [{ amount: 2 }])
      })

      test('work that can never be ordered is given up after four attempts, with the reason', async () => {
        let attempts = 0
        const work = database.transaction(async (tx) => {
          attempts += 1
          await sql`do $$ begin raise exception using errcode = '40001', message = 'again'; end $$`.execute(tx)
        })
        await assert.rejects(work, { code: '40001' })
        assert.equal(attempts, 4)
      })

      test('work that fails for any other reason is not tried again', async () => {
        let attempts = 0
        const work = database.transaction(async (tx) => {
          attempts += 1
          await sql`select 1 / 0`.execute(tx)
        })
        await assert.rejects(work, { code: '22012' })
        assert.equal(attempts, 1)
      })

      test('what goes through aside is committed by itself, whatever becomes of the transaction around it', async () => {
        const work = database.transaction(async (tx) => {
          await add(tx, 'around')
          await add(database.aside, 'aside')
          throw new Error('no')
        })
        await assert.rejects(work)
        assert.deepEqual([await has('around'), await has('aside')], [false, true])
      })

      test('aside answers while every connection of the main pool is taken', async () => {
        const full = Promise.withResolvers<void>()
        let waiting = 0
        const holders = Array.from({ length: 8 }, () =>
          database.transaction(async (tx) => {
            await backendOf(tx)
            waiting += 1
            if (waiting === 8) {
              await add(database.aside, 'while full')
              full.resolve()
            }
            await full.promise
          }),
        )
        await Promise.all(holders)
        assert.equal(await has('while full'), true)
      })

      test('afterCommit outside a transaction is a fault', () => {
        assert.throws(() => afterCommit(database.queries, () => {}), /transaction/)
      })
    })

    describe('the role', () => {
      for (const [what, statement] of [
        ['change an insert-only row', `update ledger.entry set note = 'forged'`],
        ['remove an insert-only row', 'delete from ledger.entry'],
        ['empty an insert-only table', 'truncate ledger.entry'],
        ['drop a table', 'drop table ledger.entry'],
        ['alter a table', 'alter table ledger.entry add column extra text'],
        ['disable a trigger', 'alter table ledger.entry disable trigger all'],
        ['grant itself rights', 'grant update on platform.migration to custodia_app'],
        ['make a table in a module', 'create table ledger.mine (id int)'],
        ['make a table in public', 'create table public.mine (id int)'],
        ['make a schema', 'create schema mine'],
        ['make a role', 'create role mine superuser'],
        ['skip the triggers', `set session_replication_role = 'replica'`],
        ['see or forge which migrations were applied', 'insert into platform.migration values ($$m$$, $$n$$, $$h$$)'],
        ['read the applied migrations', 'select * from platform.migration'],
        ['run a program', `copy ledger.entry to program 'true'`],
        ['read a file', `select pg_read_file('postgresql.conf')`],
      ] as const)
        test(`of the pools cannot ${what}`, async () => {
          for (const queries of [database.queries, database.aside])
            await assert.rejects(sql.raw(statement).execute(queries), { code: '42501' })
        })

      test('is the application’s in a transaction, outside and aside', async () => {
        const role = async (queries: Queries) =>
          (await sql<{ role: string }>`select current_user as role`.execute(queries)).rows[0]?.role
        assert.deepEqual(
          [
            await role(database.queries),
            await role(database.aside),
            await database.transaction(role),
            await database.exclusively('role', role),
          ],
          ['custodia_app', 'custodia_app', 'custodia_app', 'custodia_app'],
        )
      })

      test('is taken whoever signs in, the owner of the tables as well', async () => {
        const asOwner = openDatabase({ url: storage.ownerUrl, log: keepingLog().log })
        try {
          await asOwner.transaction((tx) => add(tx, 'by the application'))
          for (const queries of [asOwner.queries, asOwner.aside])
            await assert.rejects(sql`delete from ledger.entry`.execute(queries), { code: '42501' })
        } finally {
          await asOwner.close()
        }
      })

      test('cannot be exchanged for the owner’s from inside a session', async (t) => {
        if (new URL(database.url).username !== 'custodia_app') return t.skip('the shared server has one sign-in')
        await database
          .transaction(async (tx) => {
            await sql`reset role`.execute(tx)
            await assert.rejects(sql`drop table ledger.entry`.execute(tx), { code: '42501' })
          })
          .catch((error: Error) => assert.match(error.message, /rolled back/))
        await assert.rejects(sql`set role custodia`.execute(database.queries), { code: '42501' })
      })

      test('that a connection did not take refuses every use of it', async () => {
        const url = new URL(storage.ownerUrl)
        url.searchParams.set('options', '-c timezone=UTC')
        const loose = openDatabase({ url: url.href, log: keepingLog().log })
        try {
          await assert.rejects(loose.ping(), /role custodia_app/)
          await assert.rejects(
            loose.transaction((tx) => add(tx, 'as owner')),
            /role custodia_app/,
          )
          await assert.rejects(add(loose.aside, 'as owner'), /role custodia_app/)
          assert.equal(await has('as owner'), false)
        } finally {
          await loose.close()
        }
      })
    })

    describe('exclusively', () => {
      test('lets one in, across processes, and answers the other with null at once', async () => {
        const inside = await database.exclusively('sequencer', () => other.exclusively('sequencer', async () => 'both'))
        assert.equal(inside, null)
        assert.equal(await other.exclusively('sequencer', async () => 'free'), 'free')
      })

      test('keeps different names apart', async () => {
        const inside = await database.exclusively('one', () => other.exclusively('two', async () => 'both'))
        assert.equal(inside, 'both')
      })

      test('lets go when the work throws, and undoes it', async () => {
        const work = database.exclusively('thrown', async (tx) => {
          await add(tx, 'exclusive')
          throw new Error('no')
        })
        await assert.rejects(work, /no/)
        assert.equal(await other.exclusively('thrown', async () => 'free'), 'free')
        assert.equal(await has('exclusive'), false)
      })

      test('lets go when the connection that holds it dies', async () => {
        const work = database.exclusively('killed', async (tx) => {
          await kill(await backendOf(tx))
          assert.equal(await other.exclusively('killed', async () => 'free'), 'free')
          await add(tx, 'after death')
        })
        await assert.rejects(work)
        assert.equal(await has('after death'), false)
      })
    })

    describe('connections', () => {
      test('that die in use reject their work, every time, and take neither the process nor the pool with them', async () => {
        for (let time = 0; time < 10; time++)
          await assert.rejects(
            database.transaction(async (tx) => {
              await kill(await backendOf(tx))
              await add(tx, 'from the grave')
            }),
          )
        assert.equal(await has('from the grave'), false)
        await add(database.queries, 'alive again')
        assert.equal(await has('alive again'), true)
      })

      test('that die idle are replaced', async () => {
        await database.ping()
        await storage.asOwner(
          `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
        )
        // The news may still be on its way to the pool: a use that meets it fails, as any use in that moment would.
        await database.ping().catch(() => {})
        await database.ping()
      })

      test('that end with the whole server are replaced once it is there again, and what was committed is too', async (t) => {
        if (process.env.CUSTODIA_TEST_DATABASE_URL !== undefined) return t.skip('others use this server')
        await add(database.queries, 'before the restart')
        const [found] = await storage.asOwner(
          `select substring(pg_read_file('postmaster.pid') from '^[0-9]+')::int as pid`,
        )
        process.kill(Number(found?.pid), 'SIGINT')
        await ended(Number(found?.pid))
        await eventually('the database answers again', () =>
          database.ping().then(
            () => true,
            () => false,
          ),
        )
        assert.equal(await has('before the restart'), true)
      })

      test('stop a statement after fifteen seconds, a wait for a lock after ten and an idle transaction after thirty', async () => {
        const { rows } = await sql`select name, setting from pg_settings where name in
          ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') order by name`.execute(
          database.queries,
        )
        assert.deepEqual(
          rows.map((row) => Object.values(row as object)),
          [
            ['idle_in_transaction_session_timeout', '30000'],
            ['lock_timeout', '10000'],
            ['statement_timeout', '15000'],
          ],
        )
      })

      test('to a server that is not there fail, and the password stands neither in the error nor in the log', async () => {
        const { log, lines } = keepingLog()
        const absent = openDatabase({ url: 'postgres://me:hunter2@127.0.0.1:1/none', log })
        const failed = await absent.ping().then(
          () => null,
          (error: Error) => error,
        )
        await absent.close()
        assert.ok(failed)
        assert.doesNotMatch(JSON.stringify([failed.message, failed.stack, lines, failed]), /hunter2/)
      })
    })

    test('a whole number that JavaScript cannot hold is an error, not another number', async () => {
      const read = (text: string) => sql<{ n: number }>`select ${text}::bigint as n`.execute(database.queries)
      assert.equal((await read('9007199254740991')).rows[0]?.n, Number.MAX_SAFE_INTEGER)
      await assert.rejects(read('9007199254740993'), /2\^53/)
    })
  })
}
