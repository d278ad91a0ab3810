import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import { keepingLog } from '../telemetry/testing.ts'
import type { Database } from './database.ts'
import type { TestServerName } from './embedded/test-server.ts'
import { testUrls } from './embedded/test-server.ts'
import type { MigrationSource } from './migrate.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open.ts'

export type { TestServerName } from './embedded/test-server.ts'
export { testServers } from './embedded/test-server.ts'
export type { MigrationSource } from './migrate.ts'

export type TestDatabase = {
  readonly database: Database
  /** As the role that owns the database: for `migrate`. */
  readonly ownerUrl: string
  /** For a second pool on the same database, as another process would open. */
  reopen(): Promise<Database>
  /** One connection as the superuser, for what an attacker with the disk could do. Returns the rows of the last statement. */
  asOwner(sql: string): Promise<readonly Record<string, unknown>[]>
  /** Closes every pool and removes the database. */
  close(): Promise<void>
}

/**
 * A fresh, migrated database for one test file: on the server that `CUSTODIA_TEST_DATABASE_URL` names, or
 * on an embedded one that is started once per process and removed with it.
 *
 * @param options.server one of `testServers`, for contracts that must hold on each of them.
 */
export async function openTestDatabase(
  migrations: readonly MigrationSource[],
  options: { readonly server?: TestServerName; readonly log?: Log } = {},
): Promise<TestDatabase> {
  const { server = 'embedded', log = keepingLog().log } = options
  const urls = await testUrls(server)
  const name = `custodia_test_${randomBytes(8).toString('hex')}`
  await once(urls.admin, `create database ${name} owner "${roleIn(urls.owner)}"`)
  const url = inDatabase(urls.owner, name)
  const opened: Database[] = []
  const reopen = async () => {
    const database = openDatabase({ url: inDatabase(urls.application, name), log, poolSize: 8 })
    opened.push(database)
    return database
  }
  let superuser: Promise<pg.Client> | null = null
  const close = async () => {
    await Promise.all(opened.map((database) => database.close().catch(() => {})))
    await (await superuser)?.end()
    await once(urls.admin, `drop database if exists ${name} with (force)`)
  }
  try {
    await migrate({ url, migrations, log })
    return {
      database: await reopen(),
      ownerUrl: url,
      reopen,
      async asOwner(text) {
        superuser ??= connected(inDatabase(urls.admin, name), () => {
          superuser = null
        })
        const result: pg.QueryResult | pg.QueryResult[] = await (await superuser).query(text)
        return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const roleIn = (url: string) => decodeURIComponent(new URL(url).username).replaceAll('"', '""')

function inDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

async function connected(connectionString: string, ended = () => {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, application_name: 'custodia test' })
  // A test may end the server under it.
  client.on('error', () => {})
  client.once('end', ended)
  await client.connect()
  return client
}

async function once(connectionString: string, text: string): Promise<void> {
  const client = await connected(connectionString)
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
