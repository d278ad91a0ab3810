import { renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Identity } from './identity/api.ts'
import { buildBreachedFilter } from './identity/passwords/build-breached-filter.ts'
import { readTextFile } from './platform/config/read-text-file.ts'

const maxImportBytes = 16 * 1_048_576

/**
 * Makes a filter of breached passwords for `identity.breachedFilter`, in place of the one that was there.
 *
 * @throws Error with a reason in words.
 */
export async function buildFilter(
  list: string,
  out: string,
): Promise<{ entries: number; skipped: number; bytes: number }> {
  const built = await buildBreachedFilter(list).catch(unreadable(list))
  if (built.entries === 0) throw new Error(`${list} has no passwords in it.`)
  // A server that starts meanwhile reads the old one or the new one, never half of it.
  const half = `${out}.${process.pid}`
  try {
    writeFileSync(half, built.bytes, { mode: 0o644, flag: 'wx' })
    renameSync(half, out)
  } catch (error) {
    rmSync(half, { force: true })
    throw new Error(`${out} can't be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
  return { entries: built.entries, skipped: built.skipped, bytes: built.bytes.length }
}

/** @throws Error with every line that is wrong; nobody was imported then. */
export async function importUsersFrom(file: string, identity: Identity): Promise<{ imported: number }> {
  const [organisationId, second] = await identity.organisations(2)
  if (organisationId === undefined)
    throw new Error('There is no organisation yet. Make the first administrator: custodia setup-link')
  if (second !== undefined)
    throw new Error('There are several organisations: an import would not know whose people these are.')
  const { text } = readImportFile(file)
  const progress = process.stderr.isTTY
    ? (done: number, of: number) => void process.stderr.write(`\r${done} of ${of}${done === of ? '\n' : ''}`)
    : () => {}
  return { imported: await identity.importUsers({ organisationId, text, progress }) }
}

function readImportFile(file: string): { readonly text: string } {
  try {
    return readTextFile(file, maxImportBytes)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}.`)
  }
}

const unreadable =
  (file: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw error.code === undefined ? error : new Error(`${file} can't be read (${error.code}).`)
  }
