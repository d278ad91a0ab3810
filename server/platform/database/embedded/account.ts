import { accessSync, chmodSync, chownSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'

/** The system user that PostgreSQL runs as, since it refuses to be root; null is whoever we are. */
export type Account = {
  readonly uid: number
  readonly gid: number
  /** What it needs to pass through folders that only root may enter, as a clone in /root. */
  readonly capability: Capability | null
} | null

type Capability = 'dac_read_search' | 'dac_override'

type Ids = { readonly uid: number; readonly gid: number }

/** A number that no other program uses: better than `nobody`, which several may share, and so read the database's files. */
const spare: Ids = { uid: 65_432, gid: 65_432 }

/**
 * Who runs the server on a cluster. Only root has a choice: the user that the cluster belongs to already, PostgreSQL's own
 * where the system has one, or a number of ours.
 *
 * @param binaries a folder that the account must reach.
 * @throws EmbeddedError UNREACHABLE where it cannot work.
 */
export function accountFor(dataFolder: string, cluster: string, binaries: string): Account {
  const uid = process.getuid?.()
  if (uid === undefined) return null
  if (uid !== 0) {
    refuseForeign(dataFolder, cluster, uid)
    return null
  }
  const ids = existsSync(cluster) ? statSync(cluster) : (idsOf('postgres') ?? spare)
  if (ids.uid === 0)
    throw new EmbeddedError(
      'UNREACHABLE',
      `${cluster} belongs to root, and PostgreSQL does not run as root. Give the folder to an ordinary user.`,
    )
  const { uid: owner, gid } = ids
  letEnter(dataFolder, gid)
  const blocked = [dataFolder, binaries].find((path) => !reaches(path, ids))
  if (blocked === undefined) return { uid: owner, gid, capability: null }
  const capability = ownCapability()
  if (capability === null)
    throw new EmbeddedError(
      'UNREACHABLE',
      `The user ${owner}, as which PostgreSQL runs, cannot reach ${blocked}. Start as an ordinary user, or let others enter the folders above it.`,
    )
  return { uid: owner, gid, capability }
}

/** `initdb`, unlike the server, insists that its user has a name: for a number that has none, `nobody` makes the cluster. */
export function makerFor(account: Account): Account {
  if (account === null || passwd().some((fields) => fields[2] === String(account.uid))) return account
  const nobody = idsOf('nobody')
  if (nobody === null)
    throw new EmbeddedError(
      'UNREACHABLE',
      'PostgreSQL does not run as root, and the system has neither a user postgres nor nobody. Start as an ordinary user.',
    )
  // Its own group, so that it may pass where the account may.
  return { ...account, uid: nobody.uid }
}

function refuseForeign(dataFolder: string, cluster: string, uid: number): void {
  try {
    accessSync(dataFolder, constants.W_OK | constants.X_OK)
    if (!existsSync(cluster) || statSync(cluster).uid === uid) return
  } catch {
    // Told below.
  }
  throw new EmbeddedError(
    'UNREACHABLE',
    `${dataFolder} belongs to another user. Start as the one that made it, or choose another folder with CUSTODIA_DATA.`,
  )
}

/** The data folder is root's alone; the account may pass through it, no more: not list it, and not read what lies in it. */
function letEnter(dataFolder: string, gid: number): void {
  const found = statSync(dataFolder)
  if (found.uid !== 0 || (found.mode & 0o001) !== 0) return
  chownSync(dataFolder, 0, gid)
  chmodSync(dataFolder, (found.mode & 0o700) | 0o010)
}

/** Whether a user may enter a folder and all above it, by their modes. */
function reaches(folder: string, { uid, gid }: Ids): boolean {
  const found = statSync(folder)
  const may = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001
  return (found.mode & may) !== 0 && (folder === '/' || reaches(dirname(folder), { uid, gid }))
}

/** The least of the rights (capabilities(7)) that we have and that lets a process pass through any folder. */
function ownCapability(): Capability | null {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status'))?.[1] ?? '0'}`)
  // Their numbers: linux/capability.h. Containers usually have the second one only.
  if ((held & (1n << 2n)) !== 0n) return 'dac_read_search'
  return (held & (1n << 1n)) !== 0n ? 'dac_override' : null
}

function idsOf(name: string): Ids | null {
  const fields = passwd().find((one) => one[0] === name)
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])]
  return uid > 0 && gid > 0 ? { uid, gid } : null
}

const passwd = () =>
  readText('/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'))

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
