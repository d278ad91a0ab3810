import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import type { DatabaseUser } from './binaries.ts'
import { databaseUser, embeddedBinaries, launch } from './binaries.ts'
import { claimFolder, releaseFolder, serverOn } from './folder-owner.ts'

/** A PostgreSQL server of this process's own. */
export type Embedded = {
  /** As the owner of the database: for migrations, and for the pools, which then take the application's role. */
  readonly url: string
  /** Ends it cleanly: no connection is waited for, everything committed is on disk. */
  stop(): Promise<void>
}

/** Small on purpose: a person's laptop runs it. Nothing here gives up durability. */
const settings = {
  listen_addresses: '',
  max_connections: 60,
  shared_buffers: '32MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  wal_buffers: '1MB',
  max_wal_size: '256MB',
  min_wal_size: '64MB',
  autovacuum_max_workers: 1,
  autovacuum_worker_slots: 1,
  max_worker_processes: 2,
  max_parallel_workers: 0,
  max_logical_replication_workers: 0,
  max_wal_senders: 0,
  wal_level: 'minimal',
  io_method: 'sync',
  jit: 'off',
  huge_pages: 'off',
  log_min_messages: 'warning',
  log_line_prefix: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
}

const startTimeoutMs = 30_000

/**
 * Starts PostgreSQL on `<dataFolder>/postgres`, creating it at the first start, and keeps it running.
 *
 * @throws Error with a message for a person, where the folder is in use or PostgreSQL can't start.
 */
export async function startEmbedded({ dataFolder, log }: { dataFolder: string; log: Log }): Promise<Embedded> {
  const folder = resolve(dataFolder)
  const binaries = embeddedBinaries()
  const user = databaseUser()
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  claimFolder(folder)
  try {
    const cluster = join(folder, 'postgres')
    await waitForPrevious(cluster, folder)
    if (!existsSync(join(cluster, 'PG_VERSION'))) createCluster(cluster, binaries, user)
    const sockets = socketFolder(folder)
    prepareSocketFolder(sockets, user)

    let child = startServer(cluster, sockets, binaries, user, log)
    let stopping = false
    let restarts = 0
    const supervise = (process: ChildProcess): void => {
      process.once('exit', (code, signal) => {
        if (stopping) return
        restarts += 1
        log.error({ code, signal, restarts }, 'the database ended; starting it again')
        setTimeout(
          () => {
            if (stopping) return
            child = startServer(cluster, sockets, binaries, user, log)
            supervise(child)
          },
          Math.min(50 * 2 ** Math.min(restarts, 8), 10_000),
        )
      })
    }
    await waitUntilReady(sockets, child)
    supervise(child)
    await createDatabase(sockets)
    const settled = setInterval(() => {
      restarts = 0
    }, 60_000)
    settled.unref()

    return {
      url: urlFor(sockets),
      async stop() {
        stopping = true
        clearInterval(settled)
        await end(child)
        releaseFolder(folder)
      },
    }
  } catch (error) {
    releaseFolder(folder)
    throw error
  }
}

/** The connection to a server that another process of this machine keeps on `dataFolder`; null where there is none. */
export function runningEmbedded(dataFolder: string): string | null {
  const folder = resolve(dataFolder)
  return serverOn(join(folder, 'postgres')) === null ? null : urlFor(socketFolder(folder))
}

const urlFor = (sockets: string, role = 'custodia', name = 'custodia') =>
  `postgres://${role}@/${name}?host=${encodeURIComponent(sockets)}`

/** A socket's path has 107 bytes; a folder that is nested deep keeps it elsewhere. */
function socketFolder(folder: string): string {
  const beside = join(folder, 'socket')
  if (Buffer.byteLength(join(beside, '.s.PGSQL.5432')) <= 100) return beside
  return join(tmpdir(), `custodia-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`)
}

function prepareSocketFolder(sockets: string, user: DatabaseUser | null): void {
  const owner = user?.uid ?? process.getuid?.()
  if (existsSync(sockets)) {
    const found = lstatSync(sockets)
    if (!found.isDirectory() || (found.uid !== owner && found.uid !== process.getuid?.()))
      throw new Error(`${sockets} belongs to somebody else. Remove it, then start again.`)
  } else mkdirSync(sockets, { mode: 0o700 })
  if (user !== null) chownSync(sockets, user.uid, user.gid)
  chmodSync(sockets, 0o700)
}

/** Made beside and moved into place, so that a crash leaves a whole cluster or none. */
function createCluster(cluster: string, binaries: string, user: DatabaseUser | null): void {
  const fresh = `${cluster}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  if (user !== null) chownSync(fresh, user.uid, user.gid)
  const { command, args } = launch(
    join(binaries, 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '-k',
    ],
    user,
    [fresh],
  )
  const done = spawnSync(command, args, { cwd: fresh, encoding: 'utf8', env: environment })
  if (done.status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Error(
      `PostgreSQL could not create its files in ${cluster}: ${(done.stderr || String(done.error)).trim()}`,
    )
  }
  renameSync(fresh, cluster)
}

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

function startServer(
  cluster: string,
  sockets: string,
  binaries: string,
  user: DatabaseUser | null,
  log: Log,
): ChildProcess {
  const options = Object.entries({ ...settings, unix_socket_directories: sockets, unix_socket_permissions: '0700' })
  const { command, args } = launch(
    join(binaries, 'postgres'),
    ['-D', cluster, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    user,
    [cluster, join(sockets, 'x')],
  )
  // A process group of its own: Ctrl-C in a terminal must not reach it before the server has ended its work.
  const child = spawn(command, args, {
    cwd: cluster,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n'))
      if (/^(?:WARNING|ERROR|FATAL|PANIC)/.test(line)) log.warn({ line }, 'database')
  })
  child.on('error', (error) => log.error({ error }, 'the database could not be started'))
  return child
}

async function waitForPrevious(cluster: string, folder: string): Promise<void> {
  // A database whose server was killed a moment ago is still writing its last page.
  for (let waited = 0; waited < 10_000; waited += 50) {
    if (serverOn(cluster) === null) {
      rmSync(join(cluster, 'postmaster.pid'), { force: true })
      return
    }
    await pause(50)
  }
  throw new Error(
    `A database server is running on ${folder} already. Stop what uses it, or choose another folder with CUSTODIA_DATA.`,
  )
}

async function waitUntilReady(sockets: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + startTimeoutMs
  let last: unknown
  while (Date.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error('PostgreSQL ended while it was starting; its warnings are in the log.')
    const client = new pg.Client({ connectionString: urlFor(sockets, 'postgres', 'postgres') })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      last = error
      await pause(15)
    }
  }
  throw new Error(`PostgreSQL did not start within ${startTimeoutMs / 1000} s: ${String(last)}`)
}

/** A database and the role that owns it: no superuser, but one that may make the application's role. */
async function createDatabase(sockets: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlFor(sockets, 'postgres', 'postgres') })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query("select 1 from pg_database where datname = 'custodia'")
    if (rows.length > 0) return
    await client.query(
      'do $$ begin create role custodia login createrole; exception when duplicate_object then null; end $$',
    )
    await client.query('create database custodia owner custodia')
  } finally {
    await client.end()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGQUIT'), 15_000)
  await gone
  clearTimeout(late)
}
