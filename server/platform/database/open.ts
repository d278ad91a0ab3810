import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import { collectingAfterCommit } from './after-commit.ts'
import type { Database, Queries } from './database.ts'

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
      const late = new Promise<never>((_resolve, reject) => {
        setTimeout(() => reject(new Error('the database did not answer within a second')), 1_000).unref()
      })
      await Promise.race([sql`select 1`.execute(queries), late])
    },
    async close() {
      await Promise.all([main.end(), aside.end()])
    },
  }
}

const kysely = (from: pg.Pool): Queries =>
  new Kysely<Record<never, never>>({ dialect: new PostgresDialect({ pool: from }) })

function pool(url: string, max: number, log: Log): pg.Pool {
  const made = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    application_name: 'custodia',
    options: [
      `-c role=${applicationRole}`,
      '-c statement_timeout=15000',
      '-c lock_timeout=10000',
      '-c idle_in_transaction_session_timeout=30000',
      '-c timezone=UTC',
    ].join(' '),
  })
  // A connection that dies while nobody uses it is replaced at the next use.
  made.on('error', (error) => log.warn({ error }, 'an idle database connection was lost'))
  return made
}

// Numbers that fit are numbers: `bigint` (20) counts entries and bytes here, never beyond 2^53.
pg.types.setTypeParser(20, (text) => {
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError('a bigint beyond 2^53 came from the database')
  return number
})
