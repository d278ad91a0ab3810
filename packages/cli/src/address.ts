import { readFileSync, statSync } from 'node:fs'
import type { OptionValues } from './command.ts'
import { unreachable, usageError } from './command.ts'
import type { Terminal } from './terminal.ts'

const defaultUrl = 'http://custodia.localhost:8080'

/** Checks an address that a person typed. @returns it without a slash at its end. */
export function serverUrl(typed: string | undefined, terminal: Terminal): string {
  const text = typed ?? terminal.environment.CUSTODIA_URL ?? defaultUrl
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usageError(`“${text}” is not an address: it looks like ${defaultUrl}`)
  }
  // Passwords in addresses end up in histories and logs.
  if (url.username !== '' || url.password !== '') throw usageError('An address holds no name and no password.')
  if (url.search !== '' || url.hash !== '') throw usageError('An address ends before any “?” or “#”.')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** True where what is sent to this address does not leave the machine, or is encrypted. */
export function isPrivate(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || /^(?:127(?:\.\d+){3}|\[::1\]|(?:.+\.)?localhost)$/.test(hostname)
}

/**
 * The API key for the ledger: a file named by the option, then by the environment, then the environment itself.
 *
 * @returns null where none is given.
 */
export function tokenFrom(options: OptionValues, terminal: Terminal): string | null {
  const { environment } = terminal
  const file = options['token-file'] ?? environment.CUSTODIA_TOKEN_FILE
  const text = typeof file === 'string' ? readSmall(file) : environment.CUSTODIA_TOKEN
  if (text === undefined) return null
  const token = text.trim()
  // RFC 6750 §2.1, b64token; nothing in it can end a header line.
  if (!/^[A-Za-z0-9._~+/-]{16,512}=*$/.test(token)) throw usageError('What was given as the API key is not one.')
  return token
}

/** A file of at most 1 MB. */
export function readSmall(name: string): string {
  try {
    if (statSync(name).size > 1_048_576) throw unreachable(`${name} is too large.`)
    return readFileSync(name, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw unreachable(`${name} can not be read (${code}).`)
  }
}
