import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { keyIdBytes, openEnvelope, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'
import type { KmsProvider } from './provider.ts'
import { readRootKey } from './root-key-file.ts'

export type LocalFileOptions = {
  readonly file: string
  /** Null where the file is not sealed: its permissions are all that protects it. */
  readonly passphrase: string | null
}

const maxBytes = 4_096

/**
 * The root key in a file of this machine.
 *
 * @throws Error for a person to read, which names the file and the remedy, and never holds what is in the file.
 */
export async function openLocalFile({ file, passphrase }: LocalFileOptions): Promise<KmsProvider> {
  const { text, complaint } = await read(file)
  const root = await readRootKey(text, passphrase).catch((error: Error) => {
    throw new Error(`The root key file ${file} ${error.message}. ${remedy}`)
  })
  // A sealed key may lie where others can read it; a bare one may not.
  if (!root.sealed && complaint !== null) throw new Error(`The root key file ${file} ${complaint}`)
  const key = { keyId: keyIdBytes(root.id), number: 0, sealing: new KcXaesKey(root.secret) }
  root.secret.fill(0)
  return {
    name: 'local-file',
    wrap: async (bytes, place) => sealEnvelope(key, place, bytes),
    unwrap: async (wrapped, place) => openEnvelope(key, place, wrapped),
    describe: () => ({
      keyId: root.id,
      protection: `${file}, ${root.sealed ? 'sealed by a passphrase' : 'readable by its owner only'}`,
    }),
  }
}

const remedy = 'Put the right file back; `custodia keyring init` makes a root key for a new installation.'

async function read(file: string): Promise<{ text: string; complaint: string | null }> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code
    if (reason !== 'ENOENT') throw new Error(`The root key file ${file} can't be read (${reason}). ${remedy}`)
    throw new Error(
      `There is no root key at ${file}. Make one with \`custodia keyring init\` if this is a new installation; else put it back: without it nothing that was sealed can be opened.`,
    )
  }
  try {
    // Of the opened file, so that nothing can be put in its place between the look and the reading.
    const { mode, uid, size } = await handle.stat()
    if (size > maxBytes) throw new Error(`The root key file ${file} is not a root key. ${remedy}`)
    return { text: await handle.readFile('utf8'), complaint: complain(file, mode, uid) }
  } finally {
    await handle.close()
  }
}

function complain(file: string, mode: number, uid: number): string | null {
  // Windows has neither; access lists of the folder protect it there.
  const self = process.geteuid?.()
  if (self === undefined) return null
  if ((mode & 0o077) !== 0) return `can be read or written by others. Run: chmod 600 ${file}`
  return uid === self ? null : `belongs to another user. Run as that user, or: chown ${self} ${file}`
}
