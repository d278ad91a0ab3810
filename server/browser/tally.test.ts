import assert from 'node:assert/strict'
import test from 'node:test'
import { sql } from 'kysely'
import { eventually } from '../platform/cache/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { browser } from './module.ts'
import { Tally } from './tally.ts'

const inline = (hash: string) => ({ element: 'script', hash }) as const

test('whoever waits for another to write an inline script holds none that comes after it: nobody waits in a ring', async (t) => {
  const { database, asOwner, close } = await openTestDatabase([
    { module: 'browser', folder: browser.migrations as URL },
  ])
  t.after(close)
  const tally = new Tally(() => Date.now())
  const writeBackwards = () => {
    tally.served('app', [inline('b'), inline('a')])
    return tally.write(database, 10)
  }
  await writeBackwards()
  const writing = await database.transaction(async (tx) => {
    await sql`select from browser.inline where hash = 'a' for update`.execute(tx)
    const waits = writeBackwards()
    await eventually(async () => {
      const waiting = await asOwner(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return waiting.length === 1
    })
    await sql`select from browser.inline where hash = 'b' for update nowait`.execute(tx)
    return { waits }
  })
  await writing.waits
  const { rows } = await sql<{ seen: string }>`select seen from browser.inline`.execute(database.queries)
  assert.deepEqual(
    rows.map(({ seen }) => Number(seen)),
    [2, 2],
  )
})
