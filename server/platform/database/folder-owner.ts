import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const claims = new Set<string>()

/**
 * Takes `folder` for this process. Of two servers that start on one folder the second one is told so at once.
 *
 * @throws Error that names the process which has it.
 */
export function claimFolder(folder: string): void {
  const file = join(folder, 'custodia.pid')
  for (;;) {
    try {
      writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 })
      claims.add(folder)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [pid = '', start] = read(file).trim().split(' ')
    const alive = claims.has(folder) || (pid !== '' && Number(pid) !== process.pid && startOf(Number(pid)) === start)
    if (alive)
      throw new Error(
        `Custodia is running on ${folder} already (process ${pid}). Stop it, or choose another folder with CUSTODIA_DATA.`,
      )
    rmSync(file, { force: true })
  }
}

export function releaseFolder(folder: string): void {
  if (!claims.delete(folder)) return
  rmSync(join(folder, 'custodia.pid'), { force: true })
}

/**
 * The database server that runs on `cluster`. A number in a stale file may be another process's by now, so the process itself is
 * looked at: a PostgreSQL whose working folder this is.
 *
 * @returns its process id; null where there is none.
 */
export function serverOn(cluster: string): number | null {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return null
  const pid = Number(read(file).split('\n', 1)[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  if (process.platform !== 'linux') return signalable(pid) ? pid : null
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''))
    return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === cluster ? pid : null
  } catch {
    return null
  }
}

/** When a process started, in ticks since boot: with its number it names one process for ever. Empty where it is gone. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return signalable(pid) ? 'alive' : ''
  // The name in brackets may hold spaces; what follows it does not (proc(5), field 22).
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')
  return fields?.[19] ?? ''
}

function signalable(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
