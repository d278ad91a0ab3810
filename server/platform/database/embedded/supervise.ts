import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../telemetry/log.ts'
import { applicationRole } from '../open.ts'
import { accountFor } from './account.ts'
import { clusterIn, ensureCluster, superuser } from './cluster.ts'
import { EmbeddedError } from './embedded-error.ts'
import type { Installation } from './installation.ts'
import { ensureOwner, owner } from './owner.ts'
import type { Postmaster } from './postmaster.ts'
import { startPostmaster } from './postmaster.ts'
import type { Keeper, RunningServer } from './server-of.ts'
import { removeStaleLock, serverOf } from './server-of.ts'
import { makeSocketFolder, socketUrl } from './socket-folder.ts'

export type SuperviseOptions = {
  readonly installation: Installation
  /** Absolute, and there. The cluster is its folder `postgres`. */
  readonly dataFolder: string
  readonly log: Log
  /** Who uses it; `server` unless said. */
  readonly keeper?: Keeper
  /** Over the usual ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** False where losing everything with the machine is harmless, as in tests. */
  readonly syncNewFiles?: boolean
}

/** A server that is kept running. */
export type Supervised = {
  /** As the owner of the one database. */
  readonly url: string
  /** As the application, which cannot become the owner. */
  readonly applicationUrl: string
  /** As the superuser. */
  readonly adminUrl: string
  /** The number of the server process; null while it is down. */
  pid(): number | null
  /** Ends the server cleanly. May be called twice. */
  stop(): Promise<void>
}

/** How long a server of a process that has just died may take to end. */
const othersEndMs = 10_000
/** How soon such a server shows that it is ending; one that works on belongs to a living process. */
const othersShowMs = 1_000
/** How long a command may work on the folder. */
const commandMs = 30_000
const firstPauseMs = 100
const longestPauseMs = 10_000
/** A run this long counts as recovered: the next pause is the first one again. */
const settledMs = 60_000

/** Starts a cluster's server and, whatever happens to it, starts it again until `stop`. */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { installation, dataFolder, log } = options
  const folder = clusterIn(dataFolder)
  const account = accountFor(dataFolder, folder, installation.binaries)
  await ensureCluster({ installation, account, folder, syncNewFiles: options.syncNewFiles ?? true })
  const socket = makeSocketFolder(dataFolder, account)
  const stopping = new AbortController()
  const start = () => {
    removeStaleLock(join(folder, 'postmaster.pid'), folder)
    removeStaleLock(join(socket.path, '.s.PGSQL.5432.lock'), folder)
    return startPostmaster({
      installation,
      account,
      folder,
      socketFolder: socket.path,
      settings: { cluster_name: options.keeper ?? 'server', ...options.settings },
      log,
      stopping: stopping.signal,
    })
  }

  let current: Postmaster | null = null
  const keepRunning = async (first: Postmaster) => {
    let pauseMs = firstPauseMs
    let running: Postmaster | null = first
    while (!stopping.signal.aborted) {
      if (running !== null) {
        current = running
        const startedAt = performance.now()
        const how = await running.ended
        current = null
        if (stopping.signal.aborted) return
        log.error({ how }, 'the database ended by itself; it is started again')
        if (performance.now() - startedAt > settledMs) pauseMs = firstPauseMs
      }
      await pause(pauseMs, undefined, { ref: false, signal: stopping.signal }).catch(() => {})
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
      if (stopping.signal.aborted) return
      running = await start().catch((error: unknown) => {
        if (!stopping.signal.aborted)
          log.error({ error }, 'the database could not be started again; the next attempt follows')
        return null
      })
    }
    // Told to stop while it was starting.
    await running?.stop()
  }

  try {
    const first = await startWhenFree(folder, start, log)
    current = first
    await ensureOwner(socketUrl(socket.path, superuser, 'postgres'))
    const done = keepRunning(first)
    return {
      url: socketUrl(socket.path, owner, owner),
      applicationUrl: socketUrl(socket.path, applicationRole, owner),
      adminUrl: socketUrl(socket.path, superuser, 'postgres'),
      pid: () => current?.pid ?? null,
      async stop() {
        stopping.abort()
        await current?.stop()
        await done
        socket.remove()
      },
    }
  } catch (error) {
    await (current as Postmaster | null)?.stop()
    socket.remove()
    throw error
  }
}

/** What PostgreSQL says where another server, or what a killed one has left, still holds the cluster. */
const held = /lock file ".*" (?:already exists|is empty)|pre-existing shared memory block/

/**
 * The first start. A server whose owner was killed ends by itself within a moment, and after one that was killed itself its
 * helpers take a moment to notice; a server that works on has a living owner, which may be a command that ends soon.
 *
 * @throws EmbeddedError IN_USE
 */
async function startWhenFree(folder: string, start: () => Promise<Postmaster>, log: Log): Promise<Postmaster> {
  const startedAt = performance.now()
  let told = false
  for (;;) {
    const other = serverOf(folder)
    const waitedMs = performance.now() - startedAt
    if (other !== null && waitedMs > patienceMs(other)) throw inUse(folder, other.pid)
    if (other?.byCommand && waitedMs > othersShowMs && !told) {
      told = true
      log.info({ pid: other.pid }, 'a command works on this folder; the start waits for its end')
    }
    if (other === null) {
      try {
        return await start()
      } catch (error) {
        if (waitedMs > othersEndMs || !held.test((error as Error).message)) throw error
      }
    }
    await pause(20)
  }
}

const patienceMs = ({ ending, byCommand }: RunningServer) =>
  byCommand ? commandMs : ending ? othersEndMs : othersShowMs

const inUse = (folder: string, pid: number) =>
  new EmbeddedError(
    'IN_USE',
    `Another process has the database in ${folder} open (PostgreSQL runs there as process ${pid}). Stop it, or choose another folder with CUSTODIA_DATA.`,
  )
