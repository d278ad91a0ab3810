import { rateOf } from '@custodia/edge/limits/cell-rate.ts'
import type { Cell, CellStore } from '@custodia/edge/limits/cell-store.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import pg from 'pg'
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible'
import { createClient } from 'redis'
import { postgresCells } from '../../server/limits/cell-store.ts'
import { openRedisCache } from '../../server/platform/cache/redis-cache.ts'
import { openDatabase } from '../../server/platform/database/open.ts'
import { keepingLog } from '../../server/platform/telemetry/testing.ts'

// Decisions of one limiter on one store, in a process of its own. Each message asks for a round. Nobody comes near a limit.
const [kind = '', store = '', limits = '', url = ''] = process.argv.slice(2)
/** An address alone, or its network as well, as each request to the server has. */
const both = limits === '2'
const roundMs = 1_000
const subjects = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
const points = 1_000_000
const duration = 60
const { log } = keepingLog()
const nowMs = () => performance.now()

type Decide = (subject: string) => unknown

/** Without the guard that stands before a store in service: one that gave up would be fast. */
function ours(cells: CellStore): Decide {
  const rate = rateOf(points, duration)
  const cell = (pool: string, subject: string): Cell => ({ pool, subject, rate, lost: rate })
  if (!both) return (subject) => cells.spend([cell('read', subject)])
  return (subject) => cells.spend([cell('read', subject), cell('network', wide(subject))])
}

/** One after the other: it has no way to spend both or none. */
function flexible(make: (keyPrefix: string) => { consume(key: string): Promise<unknown> }): Decide {
  const [read, network] = [make('read'), make('network')]
  if (!both) return (subject) => read.consume(subject)
  return async (subject) => {
    await read.consume(subject)
    await network.consume(wide(subject))
  }
}

const wide = (subject: string) => `${subject.slice(0, subject.lastIndexOf('.'))}.0/24`

const limiters: Readonly<Record<string, () => Promise<Decide>>> = {
  'ours process': async () => ours(new MemoryCells(nowMs)),
  'ours redis': async () => {
    const { cells } = await openRedisCache({ url, log })
    return ours(cells as CellStore)
  },
  'ours postgres': async () => ours(postgresCells(openDatabase({ url, log }).queries)),
  'flexible process': async () => {
    return flexible((keyPrefix) => new RateLimiterMemory({ keyPrefix, points, duration }))
  },
  'flexible redis': async () => {
    const storeClient = createClient({ url })
    await storeClient.connect()
    const options = { storeClient, useRedisPackage: true, points, duration }
    return flexible((keyPrefix) => new RateLimiterRedis({ ...options, keyPrefix }))
  },
  'flexible postgres': async () => {
    const storeClient = new pg.Pool({ connectionString: url, max: 16 })
    const options = { storeClient, tableName: 'flexible', points, duration, clearExpiredByTimeout: false }
    await new Promise<void>((resolve, reject) => {
      new RateLimiterPostgres(options, (error) => (error ? reject(error) : resolve()))
    })
    // Like our cells, which nobody has to keep: otherwise each decision would wait for the disk.
    await storeClient.query('alter table flexible set unlogged')
    return flexible((keyPrefix) => new RateLimiterPostgres({ ...options, keyPrefix, tableCreated: true }))
  },
}
const decide = await limiters[`${kind} ${store}`]?.()
if (decide === undefined) throw new Error(`there is no limiter ${kind} on ${store}`)

/** As many at once as a server has requests that it looks at. */
const atOnce = store === 'process' ? 1 : 32
let turn = 0

async function one(untilMs: number): Promise<number> {
  let decided = 0
  while (nowMs() < untilMs)
    for (let i = 0; i < 50; i++) {
      const answer = decide?.(subjects[turn++ % subjects.length] as string)
      if (answer instanceof Promise) await answer
      decided += 1
    }
  return decided
}

process.on('message', async () => {
  const before = process.cpuUsage()
  const startedMs = nowMs()
  const decided = await Promise.all(Array.from({ length: atOnce }, () => one(startedMs + roundMs)))
  const { user, system } = process.cpuUsage(before)
  const all = decided.reduce((sum, some) => sum + some, 0)
  process.send?.({ perSecond: (all * 1_000_000) / (user + system), byClock: (all * 1_000) / (nowMs() - startedMs) })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
