import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

export type TextFile = { readonly text: string; readonly readableByOthers: boolean }

/**
 * Reads a small file of text.
 *
 * @throws Error with a reason in words, which repeats nothing of what is inside.
 */
export function readTextFile(path: string, maxBytes: number): TextFile {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  const file = open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new Error('it is not a file')
    const bytes = Buffer.alloc(maxBytes + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null)
    if (length > maxBytes) throw new Error(`the file is larger than ${maxBytes} bytes`)
    return { text: decode(bytes.subarray(0, length)), readableByOthers: (stat.mode & 0o004) !== 0 }
  } finally {
    closeSync(file)
  }
}

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new Error(`the file can't be opened (${code})`)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('the file is not UTF-8')
  }
}
