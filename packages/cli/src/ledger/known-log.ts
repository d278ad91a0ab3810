import { randomUUID } from 'node:crypto'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { readSmall } from '../address.ts'
import { unreachable, usageError } from '../command.ts'

/** What was seen of a log before, kept where the log's operator can't change it. */
export type KnownLog = {
  /** Verifier key (C2SP signed-note). */
  readonly key: string
  /** The last checkpoint that was verified: a signed note. */
  readonly checkpoint: string
}

/** @returns null where the file is not there yet. */
export function readKnownLog(file: string): KnownLog | null {
  if (!existsSync(file)) return null
  let content: unknown
  try {
    content = JSON.parse(readSmall(file))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const { key, checkpoint } = (content ?? {}) as { key?: unknown; checkpoint?: unknown }
  // To go on as if nothing were remembered would be the very thing that the file is to prevent.
  if (typeof key !== 'string' || typeof checkpoint !== 'string') {
    throw usageError(`${file} was not written by --remember. Remove it only if you know why.`)
  }
  return { key, checkpoint }
}

/** Replaces the file as a whole: a crash leaves the old one or the new one. */
export function writeKnownLog(file: string, known: KnownLog): void {
  const fresh = `${file}.${randomUUID()}`
  try {
    writeFileSync(fresh, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600, flush: true, flag: 'wx' })
    renameSync(fresh, file)
  } catch (error) {
    throw unreachable(`${file} can not be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
}
