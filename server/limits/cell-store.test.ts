import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateOf } from '@custodia/edge/limits/cell-rate.ts'
import { cellStoreContract } from '@custodia/edge/limits/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { deleteWhole, postgresCells } from './cell-store.ts'

const migrations = [{ module: 'limits', folder: new URL('migrations/', import.meta.url) }]

cellStoreContract('in PostgreSQL', false, async () => {
  const db = await openTestDatabase(migrations)
  const stores = [postgresCells(db.database.queries), postgresCells((await db.reopen()).queries)] as const
  return {
    stores,
    pass: async (seconds) => {
      await db.asOwner(`update limits.cell set arrival = arrival - ${seconds}::bigint * 1000000`)
    },
    close: () => db.close(),
  }
})

test('PostgreSQL: those who spend the same cells in another order wait for each other, and nobody fails', async (t) => {
  const db = await openTestDatabase(migrations)
  t.after(() => db.close())
  const store = postgresCells(db.database.queries)
  const rate = rateOf(1_000, 60)
  const cells = Array.from({ length: 8 }, (_, i) => ({ pool: 'p', subject: `${i}`, rate, lost: rate }))
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, i) => store.spend(i % 2 === 0 ? cells : cells.toReversed())),
  )
  assert.ok(all.every(({ allowed }) => allowed))
})

test('PostgreSQL: cells that are whole again are swept, and those that are not stay', async (t) => {
  const db = await openTestDatabase(migrations)
  t.after(() => db.close())
  const store = postgresCells(db.database.queries)
  const cell = (subject: string) => {
    const rate = rateOf(1, 3_600)
    return { pool: 'p', subject, rate, lost: rate }
  }
  await store.spend([cell('a')])
  await db.asOwner('update limits.cell set arrival = arrival - 7200::bigint * 1000000')
  await store.spend([cell('b')])
  assert.equal(await deleteWhole(db.database.queries, 100), 1)
  assert.equal((await store.spend([cell('b')])).allowed, false)
})
