import { readFileSync } from 'node:fs'
import { CustodiaError } from '../errors.ts'

/** The application's key, given as it is or as a file's name. */
export type Credential = {
  /** @throws CustodiaError CONFIGURATION_INVALID where the file can't be read, or holds no key. */
  current(): string
  /** Reads the file again. @returns true where the key is another one now. */
  reload(): boolean
}

/** RFC 6750 §2.1, b64token; nothing in it can end a header line. */
const token = /^[A-Za-z0-9._~+/-]{16,512}=*$/

/** Holds the key out of reach of `console.log` and of JSON. A file is read at first use, and again after a refusal. */
export function createCredential(options: {
  readonly key?: string | undefined
  readonly keyFile?: string | undefined
}): Credential {
  const { keyFile } = options
  if ((options.key === undefined) === (keyFile === undefined)) {
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'key', detail: 'give either key or keyFile' })
  }
  let key = options.key === undefined ? null : checked(options.key, 'key')
  const read = (name: string) => checked(readSmallFile(name), 'keyFile')

  return {
    current() {
      if (key === null) key = read(keyFile as string)
      return key
    },
    reload() {
      if (keyFile === undefined) return false
      const before = key
      key = read(keyFile)
      return key !== before
    },
  }
}

function readSmallFile(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'keyFile', detail: reason })
  }
}

function checked(text: string, field: string): string {
  const key = text.trim()
  if (!token.test(key)) throw new CustodiaError('CONFIGURATION_INVALID', { field, detail: 'does not hold a key' })
  return key
}
