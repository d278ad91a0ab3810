import { spawn } from 'node:child_process'
import { chownSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { makerFor } from './account.ts'
import { isAlive } from './alive.ts'
import { bound, environment } from './bound.ts'
import { EmbeddedError } from './embedded-error.ts'
import type { Installation } from './installation.ts'

/** The role that owns the cluster. Only the supervisor and its tests use it. */
export const superuser = 'postgres'

export type ClusterOptions = {
  readonly installation: Installation
  readonly account: Account
  /** Made if it is missing; appears under this name only once it is whole. */
  readonly folder: string
  /** Whether the new files must be on disk before it is used. */
  readonly syncNewFiles: boolean
  /** Ends the making; what was made is taken away. */
  readonly signal?: AbortSignal
}

/** Where the cluster of a data folder lies. */
export const clusterIn = (dataFolder: string): string => join(dataFolder, 'postgres')

/**
 * Makes an empty cluster where there is none. A start that was interrupted leaves nothing under the cluster's name; of two
 * that make one at once, one wins.
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { folder, account } = options
  removeUnfinished(folder)
  if (existsSync(folder)) return
  const fresh = `${folder}.new-${process.pid}`
  const maker = makerFor(account)
  mkdirSync(fresh, { mode: 0o700 })
  if (maker !== null) chownSync(fresh, maker.uid, maker.gid)
  try {
    await initdb(options, fresh, maker)
    if (account !== null && account.uid !== maker?.uid) giveAway(fresh, account.uid, account.gid)
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true, maxRetries: 3 })
    // rename(2): another process put its own there first.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as { code?: string }).code ?? '')) throw error
  }
}

function initdb(
  { installation, syncNewFiles, signal }: ClusterOptions,
  folder: string,
  account: Account,
): Promise<void> {
  const { command, args } = bound(
    join(installation.binaries, 'initdb'),
    [
      ...['-D', folder, `--username=${superuser}`, '--auth-local=trust', '--auth-host=reject'],
      ...['--encoding=UTF8', '--data-checksums', '--no-instructions'],
      ...installation.initdbOptions,
      ...(syncNewFiles ? [] : ['--no-sync']),
    ],
    account,
    'KILL',
  )
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: '/', env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
    // initdb(1) ends its own children, too.
    const end = () => child.kill('SIGINT')
    signal?.addEventListener('abort', end, { once: true })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-1_000)
    })
    const failed = (why: string) =>
      reject(new EmbeddedError('FAILED', `The database could not be created: ${why.trim()}`))
    child.once('error', (error) => failed(error.message))
    child.once('close', (code) => {
      signal?.removeEventListener('abort', end)
      if (code === 0) resolve()
      else failed(said)
    })
  })
}

function giveAway(path: string, uid: number, gid: number): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, gid)
  lchownSync(path, uid, gid)
}

/** What a process that was killed while it made a cluster has left. */
function removeUnfinished(folder: string): void {
  const parent = join(folder, '..')
  for (const name of readdirSync(parent)) {
    const path = join(parent, name)
    const [, pid] = path.startsWith(`${folder}.new-`) ? (/-(\d+)$/.exec(name) ?? []) : []
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid))))
      rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
}
