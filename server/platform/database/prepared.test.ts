import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Queries } from './database.ts'
import { prepared, runPrepared } from './prepared.ts'
import type { TestDatabase } from './testing.ts'
import { openTestDatabase } from './testing.ts'

describe('statements that are kept', () => {
  let opened: TestDatabase
  before(async () => {
    opened = await openTestDatabase([])
  })
  after(() => opened.close())

  const keptBy = async (tx: Queries) => {
    const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(tx)
    return rows.map(({ name }) => name)
  }
  const sum = (tx: Queries, a: number, b: number) =>
    sql<{ sum: number }>`${prepared('test.sum')}select ${a}::int + ${b}::int as sum`.execute(tx)

  test('a marked statement is parsed once by each connection, and answers each time for the values of that time', async () => {
    await opened.database.transaction(async (tx) => {
      for (const [a, b] of [
        [1, 2],
        [40, 2],
      ] as const)
        assert.deepEqual((await sum(tx, a, b)).rows, [{ sum: a + b }])
      assert.deepEqual(await keptBy(tx), ['test.sum'])
    })
  })

  test('a statement without the mark, or with one that is not at its beginning, is not kept', async () => {
    await opened.database.transaction(async (tx) => {
      const before = await keptBy(tx)
      await sql`select ${1}::int`.execute(tx)
      await sql`select ${'/* prepared: test.value */ '}::text`.execute(tx)
      await sql`select /* prepared: test.inner */ ${1}::int`.execute(tx)
      assert.deepEqual(await keptBy(tx), before)
    })
  })

  test('one name never stands for two texts', async () => {
    await opened.database.transaction(async (tx) => {
      await sum(tx, 1, 1)
      await assert.rejects(sql`${prepared('test.sum')}select ${1}::int`.execute(tx), /test\.sum/)
    })
  })

  test('a statement that was built is kept as well, and one with a star is refused: it would fail once a column is added', async () => {
    await opened.database.transaction(async (tx) => {
      await sql`create temporary table kept (a int) on commit drop`.execute(tx)
      const kept = tx.withTables<{ kept: { a: number } }>()
      const insert = kept.insertInto('kept').values({ a: 7 })
      assert.equal((await runPrepared(tx, 'test.insert', insert)).numAffectedRows, 1n)
      const read = kept.selectFrom('kept').select('a').where('a', '=', 7)
      assert.deepEqual((await runPrepared(tx, 'test.read', read)).rows, [{ a: 7 }])
      await sql`alter table kept add column b int`.execute(tx)
      assert.deepEqual((await runPrepared(tx, 'test.read', read)).rows, [{ a: 7 }])
      assert.ok((await keptBy(tx)).includes('test.read'))
      await assert.rejects(runPrepared(tx, 'test.star', kept.selectFrom('kept').selectAll()), /test\.star/)
    })
  })

  test('a statement that fails leaves the connection able to run it again', async () => {
    const divide = (tx: Queries, by: number) => sql`${prepared('test.divide')}select 1 / ${by}::int as one`.execute(tx)
    const once = (by: number) => opened.database.transaction((tx) => divide(tx, by))
    await assert.rejects(once(0), /division by zero/)
    assert.deepEqual((await once(1)).rows, [{ one: 1 }])
  })
})
