import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { base32, systemRandom } from '../random.ts'
import type { Log } from '../telemetry/log.ts'
import { databaseUser, embeddedBinaries, launch } from './binaries.ts'
import type { Database } from './database.ts'
import type { MigrationSource } from './migrate.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open.ts'

export type { MigrationSource } from './migrate.ts'

export type TestDatabase = {
  readonly database: Database
  /** For a second pool on the same database, as another process would open. */
  reopen(): Promise<Database>
  /** A connection as a superuser, for what an attacker with the disk could do. */
  asOwner(sql: string): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

/** A server on which storage contracts run. */
export type TestServer = {
  readonly name: string
  /** What to tell `node:test` as `skip`: false where it can run here. */
  readonly skip: string | false
  /** Where its programs are. */
  readonly binaries: () => string
  /** A server that is running already, shared by all test files. */
  readonly sharedUrl: string | undefined
}

const debian = '/usr/lib/postgresql/15/bin'
// In the quick inner loop the embedded server stands for both.
const quick = process.env.CUSTODIA_TEST_QUICK !== undefined

/** Every server that the storage contracts must hold on. */
export const testServers: readonly TestServer[] = [
  {
    name: 'embedded PostgreSQL 18',
    skip: false,
    binaries: embeddedBinaries,
    sharedUrl: process.env.CUSTODIA_TEST_DATABASE_URL,
  },
  {
    name: 'PostgreSQL 15',
    skip: quick
      ? 'left out of the quick check'
      : existsSync(join(debian, 'postgres'))
        ? false
        : 'PostgreSQL 15 is not installed: NOT TESTED',
    binaries: () => debian,
    sharedUrl: process.env.CUSTODIA_TEST_DATABASE_15_URL,
  },
]

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const running = new Map<string, Promise<string>>()

/**
 * A fresh, migrated database for one test: on the shared server that the environment names, or on one that is started once per
 * process and removed with it.
 */
export async function openTestDatabase(
  migrations: readonly MigrationSource[],
  server: TestServer = testServers[0] as TestServer,
): Promise<TestDatabase> {
  const admin = server.sharedUrl ?? (await startOnce(server))
  const name = `test_${base32(systemRandom.bytes(8))}`
  const owner = `owner_${name}`
  // Roles belong to the whole server, so they are made once and by whoever comes first.
  await run(admin, `create role ${owner} login createrole`)
  await run(
    admin,
    `do $$ begin create role custodia_app nologin; exception when duplicate_object or unique_violation then null; end $$`,
  )
  await run(admin, `grant custodia_app to ${owner}`)
  await run(admin, `create database ${name} owner ${owner}`)
  const url = withDatabase(admin, name, owner)
  await migrate({ url, migrations, log: silent })
  const open: Database[] = []
  const openOne = () => {
    const one = openDatabase({ url, log: silent, poolSize: 8 })
    open.push(one)
    return one
  }
  return {
    database: openOne(),
    reopen: async () => openOne(),
    asOwner: (sql) => run(withDatabase(admin, name), sql),
    async close() {
      await Promise.all(open.map((one) => one.close().catch(() => {})))
      await run(admin, `drop database if exists ${name} with (force)`)
      await run(admin, `drop role if exists ${owner}`)
    },
  }
}

/** Starts a server of this process's own. @returns the superuser's connection. */
export function startOnce(server: TestServer): Promise<string> {
  const known = running.get(server.name) ?? startTestServer(server)
  running.set(server.name, known)
  return known
}

async function startTestServer(server: TestServer): Promise<string> {
  const user = databaseUser()
  const folder = mkdtempSync(join(tmpdir(), 'custodia-test-'))
  const cluster = join(folder, 'cluster')
  mkdirSync(cluster, { mode: 0o700 })
  if (user !== null) for (const one of [folder, cluster]) chownSync(one, user.uid, user.gid)
  const made = launch(
    join(server.binaries(), 'initdb'),
    ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user,
    [cluster],
  )
  const done = spawnSync(made.command, made.args, { cwd: folder, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`initdb failed: ${done.stderr}`)
  const options = [
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
    'shared_buffers=32MB',
    'max_connections=200',
    'log_min_messages=fatal',
    'jit=off',
  ]
  const started = launch(
    join(server.binaries(), 'postgres'),
    ['-D', cluster, ...options.flatMap((one) => ['-c', one])],
    user,
    [cluster],
  )
  const child = spawn(started.command, started.args, { cwd: cluster, detached: true, stdio: 'ignore' })
  child.unref()
  process.on('exit', () => {
    child.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  })
  const url = `postgres://postgres@/postgres?host=${encodeURIComponent(folder)}`
  for (let attempt = 0; ; attempt++) {
    try {
      await run(url, 'select 1')
      return url
    } catch (error) {
      if (attempt > 500) throw error
      await pause(20)
    }
  }
}

async function run(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const result = await client.query<Record<string, unknown>>(sql)
    return result.rows ?? []
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string, user?: string): string {
  const changed = url.replace(/\/[^/?@]*(\?|$)/, `/${name}$1`)
  return user === undefined ? changed : changed.replace(/\/\/[^@]*@/, `//${user}@`)
}
