import assert from 'node:assert/strict'
import test from 'node:test'
import { MemoryBus } from '../platform/cache/memory-bus.ts'
import type { Database } from '../platform/database/database.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import { testContext } from '../platform/testing.ts'
import type { config } from './config.ts'
import { LivePolicies } from './live-policies.ts'
import { createBrowser } from './module.ts'

/** A database with one table that the test writes, and that it can put away. */
function openTable() {
  const state = { away: false, live: [] as string[] }
  const query = {
    withTables: () => query,
    selectFrom: () => query,
    selectAll: () => query,
    where: () => query,
    async execute() {
      if (state.away) throw new Error('the database is away')
      return state.live.map((application) => ({ application, sources: {}, trusted_types: false }))
    },
  }
  return { state, database: { queries: query } as unknown as Database }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const changed = 'browser.policies.changed'

test('that others are live is said though it could not be read here', async () => {
  const { state, database } = openTable()
  const hub = new Set<MemoryBus>()
  const [own, other] = [new MemoryBus(keepingLog().log, hub), new MemoryBus(keepingLog().log, hub)]
  const heard: string[] = []
  other.subscribe(changed, (application) => heard.push(application))
  const live = new LivePolicies(database, own, () => {})
  state.away = true
  await assert.rejects(live.announce('app'), /away/)
  assert.deepEqual(heard, ['app'])
  live.stop()
})

test('what was heard of and could not be read is read as soon as it can be', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { state, database } = openTable()
  const context = testContext<typeof config>({ config: { retentionDays: 30, maxGroups: 10 }, database })
  const browser = await createBrowser(context)
  state.away = true
  state.live.push('app')
  await context.bus.publish(changed, 'app')
  await turn()
  t.mock.timers.tick(2_000)
  await turn()
  assert.equal(browser.live('app'), null)
  state.away = false
  t.mock.timers.tick(2_000)
  await turn()
  assert.deepEqual(browser.live('app'), { sources: {}, trustedTypes: false })
  // And then no more, for as long as nobody says that there is something else.
  const read = t.mock.method(database.queries, 'withTables')
  t.mock.timers.tick(2_000)
  await turn()
  assert.equal(read.mock.callCount(), 0)
  await browser.stop()
})
