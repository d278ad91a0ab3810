import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import { collectingAfterCommit } from './after-commit.ts'
import type { Database, Queries } from './database.ts'
import { keepPrepared } from './prepared.ts'

export type OpenOptions = {
  /** `postgres://…`; for a socket folder `postgres://user@/name?host=/folder`. */
  readonly url: string
  readonly log: Log
  /** Connections of the main pool. 2 to 200. */
  readonly poolSize?: number
}

/** What the server answers where it could not order two transactions: the work was undone and may be done again. */
const retryable = new Set(['40001', '40P01'])
const attempts = 4

/** The role that everything but migrations runs as. It owns nothing. */
export const applicationRole = 'custodia_app'

/** Opens the pools. Connections are made when they are needed; nothing is checked here. */
export function openDatabase({ url, log, poolSize = 16 }: OpenOptions): Database {
  const main = pool(url, poolSize, log)
  const aside = pool(url, 2, log)
  const queries = kysely(main)

  const once = async <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    const [result, actions] = await queries.transaction().execute((tx) => collectingAfterCommit(tx, work))
    for (const action of actions) {
      try {
        await action()
      } catch (error) {
        log.error({ error }, 'an action after a commit failed')
      }
    }
    return result
  }

  const transaction = async <T>(work: (tx: Queries) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(work)
      } catch (error) {
        if (attempt === attempts || !retryable.has((error as { code?: string }).code ?? '')) throw error
      }
    }
  }

  return {
    queries,
    aside: kysely(aside),
    url,
    transaction,
    exclusively: (name, work) =>
      transaction(async (tx) => {
        const lock = sql<{ held: boolean }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as held`
        const { rows } = await lock.execute(tx)
        return rows[0]?.held === true ? await work(tx) : null
      }),
    async ping() {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Error('the database did not answer within a second')), 1_000)
      try {
        await Promise.race([sql`select 1`.execute(queries), late.promise])
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      await Promise.all([main, aside].map(endPool))
    },
  }
}

const kysely = (from: pg.Pool): Queries =>
  new Kysely<Record<never, never>>({ dialect: new PostgresDialect({ pool: from }) })

function pool(url: string, max: number, log: Log): pg.Pool {
  const made = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 10_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'custodia',
    options: [
      `-c role=${applicationRole}`,
      '-c statement_timeout=15000',
      '-c lock_timeout=10000',
      '-c idle_in_transaction_session_timeout=30000',
      '-c default_transaction_isolation=read\\ committed',
      '-c timezone=UTC',
    ].join(' '),
    onConnect: refuseOtherRole,
  })
  // A connection that dies while nobody uses it is replaced at the next use.
  made.on('error', (error) => log.warn({ error }, 'an idle database connection was lost'))
  // One that dies in use rejects what waits for it; without a listener its event would end the process.
  made.on('connect', (client) => client.on('error', () => {}))
  made.on('connect', keepPrepared)
  return made
}

/** `Pool.end` says good-bye to each connection and does not wait for its end: a server that stops next would complain of them. */
async function endPool(pool: pg.Pool): Promise<void> {
  const left = Promise.withResolvers<void>()
  const alive = pool.totalCount
  let gone = 0
  pool.on('remove', () => {
    gone += 1
    if (gone >= alive) left.resolve()
  })
  if (alive === 0) left.resolve()
  await pool.end()
  await Promise.race([left.promise, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
}

/**
 * Options of a connection get lost: a proxy may drop them, and `?options=` in the URL stands in their place. Without them we would
 * work as the owner of the tables, and what is insert-only would not be.
 */
async function refuseOtherRole(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ role: string }>('select current_user as role')
  if (rows[0]?.role !== applicationRole)
    throw new Error(
      `The database connection did not take the role ${applicationRole}. Connect to PostgreSQL itself, or through a proxy that passes startup options on, and leave "options" out of the URL.`,
    )
}

// Numbers that fit are numbers: `bigint` (20) counts entries and bytes here, never beyond 2^53.
pg.types.setTypeParser(20, (text) => {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError('a bigint beyond 2^53 came from the database')
  return number
})
