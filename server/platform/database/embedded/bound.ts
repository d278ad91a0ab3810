import { existsSync } from 'node:fs'
import type { Account } from './account.ts'
import { EmbeddedError } from './embedded-error.ts'

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file))

/** Linux tells a child when its parent has died (prctl(2), PR_SET_PDEATHSIG); elsewhere our own exit has to end it. */
export const endsWithUs = setpriv !== undefined

/** What PostgreSQL's programs are told of our environment: ours may hold secrets, and PG… variables meant for clients. */
export const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * The command that runs a program as an account, unable to gain rights, and that ends it by `signal` when this process dies,
 * however it dies.
 */
export function bound(
  program: string,
  args: readonly string[],
  account: Account,
  signal: 'INT' | 'KILL',
): { readonly command: string; readonly args: readonly string[] } {
  if (setpriv === undefined) {
    if (account !== null)
      throw new EmbeddedError(
        'UNSUPPORTED',
        'PostgreSQL does not run as root, and there is no setpriv (util-linux) to start it as another user. Start as an ordinary user.',
      )
    return { command: program, args }
  }
  const identity = account === null ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  const capability = account?.capability
  const passing = capability
    ? [
        `--inh-caps=+${capability}`,
        `--ambient-caps=+${capability}`,
        // Otherwise access(2), by which PostgreSQL looks for its own files, would not count it.
        '--securebits=+no_setuid_fixup',
      ]
    : []
  return {
    command: setpriv,
    args: [...identity, ...passing, `--pdeathsig=${signal}`, '--no-new-privs', '--', program, ...args],
  }
}
