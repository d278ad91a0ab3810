import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../database/testing.ts'
import { keepingLog } from '../telemetry/testing.ts'
import { busContract } from './bus-contract.ts'
import { openPostgresBus } from './postgres-bus.ts'
import { freePort } from './testing.ts'

busContract('PostgreSQL', false, async () => {
  const { log } = keepingLog()
  const storage = await openTestDatabase([])
  const { url } = storage.database
  const buses = [await openPostgresBus({ url, log }), await openPostgresBus({ url, log })] as const
  return {
    buses,
    async cut() {
      await storage.asOwner(`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'custodia bus' and datname = current_database()`)
    },
    async close() {
      for (const bus of buses) await bus.close()
      await storage.close()
    },
  }
})

test('PostgreSQL: one that is not there refuses to open, and says so without the password', async () => {
  const url = `postgres://me:hunter2@127.0.0.1:${await freePort()}/x`
  const { log, lines } = keepingLog()
  await assert.rejects(
    openPostgresBus({ url, log }),
    (error: Error) => !JSON.stringify([error.message, error.stack, lines]).includes('hunter2'),
  )
})
