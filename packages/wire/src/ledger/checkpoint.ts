import { decodeBase64, FormatError } from './format-error.ts'
import type { VerifierKey } from './note.ts'
import { openNote } from './note.ts'
import { hashLength } from './sha256.ts'

/** What a log promises about itself (C2SP tlog-checkpoint). */
export type Checkpoint = {
  /** Names the log, for ever. */
  readonly origin: string
  /** Number of entries. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}

/** The body of a checkpoint: the text that is signed. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, size, root.toBase64(), ...extensions, ''].join('\n')
}

/** Reads the body of a checkpoint. @throws FormatError */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  const [origin = '', size = '', root = '', ...rest] = lines
  if (rest.pop() !== '' || origin === '' || rest.includes('')) throw new FormatError('not a checkpoint')
  // Decimal without leading zeros; sixteen digits hold every whole number up to 2^53 − 1.
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new FormatError('not the size of a tree')
  }
  const bytes = decodeBase64(root)
  if (bytes.length !== hashLength) throw new FormatError('not a root hash')
  return { origin, size: Number(size), root: bytes, extensions: rest }
}

/**
 * Reads a signed checkpoint of the log that `key` belongs to.
 *
 * @returns null where the key did not sign it, or it speaks for another log.
 * @throws FormatError where it is not a signed checkpoint at all.
 */
export async function openCheckpoint(signed: string, key: VerifierKey): Promise<Checkpoint | null> {
  const text = await openNote(signed, key)
  if (text === null) return null
  const checkpoint = parseCheckpoint(text)
  return checkpoint.origin === key.name ? checkpoint : null
}
