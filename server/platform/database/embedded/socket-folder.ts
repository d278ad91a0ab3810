import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'

// sockaddr_un.sun_path holds 108 bytes with its final zero (unix(7)), 104 on macOS.
const maxPathBytes = process.platform === 'darwin' ? 103 : 107

/** True where PostgreSQL can make its socket in this folder. */
const fitsSocket = (folder: string): boolean => Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= maxPathBytes

/**
 * The folder that the socket stands in, which only the server's account (and root) may enter: `<dataFolder>/socket`, or
 * a fresh one among the temporary files where that name is too long. Who may enter may do everything: nobody asks for a password.
 */
export function makeSocketFolder(dataFolder: string, account: Account): { readonly path: string; remove(): void } {
  const inside = join(dataFolder, 'socket')
  const fits = fitsSocket(inside)
  // A name of chance (mkdtemp(3), 0700): nobody can have laid something there for us.
  const path = fits ? inside : mkdtempSync(join(shortFolder(), 'custodia-'))
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  if (account !== null) chownSync(path, account.uid, account.gid)
  return {
    path,
    remove() {
      if (!fits) rmSync(path, { recursive: true, force: true })
    },
  }
}

const shortFolder = () => (fitsSocket(join(tmpdir(), 'custodia-123456')) ? tmpdir() : '/tmp')

/** The host's name is never asked for: the socket's folder stands in its place. */
export const socketUrl = (folder: string, role: string, database: string): string =>
  `postgres://${role}@localhost:5432/${database}?host=${encodeURIComponent(folder)}`
