import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isAlive } from './alive.ts'

/** A server that works on a cluster, as its `postmaster.pid` describes it. */
export type RunningServer = {
  readonly pid: number
  readonly socketFolder: string
  readonly ready: boolean
  readonly ending: boolean
  /** Whether it serves one command and ends with it. */
  readonly byCommand: boolean
}

/** Who keeps a server, told to it as its `cluster_name`, so that others can read it in `postmaster.opts`. */
export type Keeper = 'server' | 'command'

/** @returns null where no server works on this cluster, whatever a file that outlived one says. */
export function serverOf(folder: string): RunningServer | null {
  const lines = linesOf(join(folder, 'postmaster.pid'))
  const pid = pidIn(lines)
  if (pid === null || !worksOn(pid, folder)) return null
  // The lines of this file: storage/pidfile.h of PostgreSQL (5 is the socket's folder, 8 the state).
  const state = lines[7]?.trim()
  const byCommand = linesOf(join(folder, 'postmaster.opts')).some((line) => line.includes('"cluster_name=command"'))
  return { pid, socketFolder: lines[4] ?? '', ready: state === 'ready', ending: state === 'stopping', byCommand }
}

/**
 * Removes `postmaster.pid`, or a socket's lock, that a killed server has left. PostgreSQL would do so itself, except where
 * the number has meanwhile been given to another process of the same user: that one it takes for a server, and refuses to start.
 */
export function removeStaleLock(file: string, folder: string): void {
  const pid = pidIn(linesOf(file))
  if (pid !== null && !worksOn(pid, folder)) rmSync(file, { force: true })
}

function worksOn(pid: number, folder: string): boolean {
  // Without /proc nothing more can be told.
  if (process.platform !== 'linux') return isAlive(pid)
  const of = `/proc/${pid}`
  try {
    return isPostgres(readlinkSync(`${of}/exe`)) && readlinkSync(`${of}/cwd`) === realpathSync(folder)
  } catch (error) {
    // Root in a container may not look into another user's process (ptrace(2)); its name is open to all, and must do.
    return (error as NodeJS.ErrnoException).code === 'EACCES' && isPostgres(commandOf(of))
  }
}

const isPostgres = (path: string) => basename(path).replace(/ \(deleted\)$/, '') === 'postgres'

function commandOf(of: string): string {
  try {
    return readFileSync(`${of}/cmdline`, 'utf8').split('\0', 1)[0] ?? ''
  } catch {
    return ''
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

function pidIn(lines: readonly string[]): number | null {
  const pid = Number(lines[0])
  return Number.isSafeInteger(pid) && pid > 0 ? pid : null
}
