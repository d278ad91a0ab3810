import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Log } from '../../telemetry/log.ts'
import type { Account } from './account.ts'
import { bound, endsWithUs, environment } from './bound.ts'
import { EmbeddedError } from './embedded-error.ts'
import type { Installation } from './installation.ts'

/** One run of the PostgreSQL server, from its start to its end. */
export type Postmaster = {
  readonly pid: number
  /** Resolves when it has ended, however it ended. */
  readonly ended: Promise<string>
  /** Ends it cleanly: a checkpoint is written, so the next start has nothing to recover. */
  stop(): Promise<void>
}

export type PostmasterOptions = {
  readonly installation: Installation
  readonly account: Account
  /** The cluster's folder. */
  readonly folder: string
  /** Where the socket goes; nobody else may enter it. */
  readonly socketFolder: string
  /** Over the usual ones. */
  readonly settings: Readonly<Record<string, string>>
  readonly log: Log
  /** Ends the server, also while it is starting, which after a crash can take long. */
  readonly stopping: AbortSignal
}

/** Small, and never less than durable: fsync, full_page_writes and synchronous_commit stay on. */
const settings = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '32MB',
  maintenance_work_mem: '16MB',
  huge_pages: 'off',
  jit: 'off',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  // No standby and no parallel plans: their helper processes are not started.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_worker_processes: '0',
  max_parallel_workers: '0',
  autovacuum_max_workers: '1',
  // Its lines reach our log: no statement, no value and no detail may stand in them.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '',
  lc_messages: 'C',
  timezone: 'UTC',
}

const readyLine = 'database system is ready to accept connections'
const stopWaitMs = 10_000

/** Starts the server. @throws EmbeddedError FAILED with its last words where it ends before it is ready. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { installation, account, folder, socketFolder, log, stopping } = options
  const chosen = {
    ...settings,
    ...installation.settings,
    // A list, whose members may stand in quotes: a folder's name may hold spaces and commas.
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    ...options.settings,
  }
  const { command, args } = bound(
    join(installation.binaries, 'postgres'),
    ['-D', folder, ...Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    account,
    'INT',
  )
  const child = spawn(command, args, {
    cwd: '/',
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own: Ctrl-C in a terminal reaches us alone, and we end it once nobody uses it any more.
    detached: true,
  })
  const end = () => child.kill('SIGINT')
  if (!endsWithUs) process.once('exit', end)
  stopping.addEventListener('abort', end)

  const lastLines: string[] = []
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`))
  }).finally(() => {
    process.removeListener('exit', end)
    stopping.removeEventListener('abort', end)
  })
  const ready = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastLines.push(line)
      if (lastLines.length > 5) lastLines.shift()
      report(log, line)
      if (line.includes(readyLine)) resolve(true)
    })
    // Not at its exit: its last words may still be on their way.
    child.once('close', () => resolve(false))
  })

  if (!(await ready))
    throw new EmbeddedError('FAILED', `PostgreSQL did not start: ${lastLines.join(' ') || (await ended)}`)
  // It does not keep this process alive: who has nothing else to do may end, and it ends with it.
  child.unref()
  ;(child.stderr as unknown as { unref(): void }).unref()
  return { pid: child.pid ?? 0, ended, stop: () => stop(child, ended) }
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.ref()
  // PostgreSQL's "fast" way, then "immediate", then the system's.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break
    child.kill(signal)
    const waited = Promise.withResolvers<void>()
    const timer = setTimeout(waited.resolve, stopWaitMs)
    await Promise.race([ended, waited.promise])
    clearTimeout(timer)
  }
  await ended
}

function report(log: Log, line: string): void {
  const [, severity, message] = /^([A-Z]+): {2}(.+)$/.exec(line) ?? []
  if (severity === undefined || message === undefined) return
  if (severity === 'PANIC') log.error({}, `postgres: ${message}`)
  else if (severity === 'FATAL' || severity === 'WARNING') log.warn({}, `postgres: ${message}`)
  else log.debug({}, `postgres: ${message}`)
}
