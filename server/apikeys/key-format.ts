import { crc32 } from 'node:zlib'
import type { Random } from '../platform/random.ts'
import { base32, newId } from '../platform/random.ts'

/** A key taken apart. `id` is public, `secret` is what proves it. */
export type KeyParts = {
  readonly id: string
  readonly secret: string
  /** Null in keys from before there were any. */
  readonly environment: string | null
}

/** Stands where other keys have their environment, in secrets that sign and open nothing by themselves. */
export const signingWord = 'sign'

/**
 * `cus_<environment>_<id>_<secret><checksum>`: 128 bits of id, 256 of secret, and a CRC-32 so that a typing error is told from a
 * wrong key without asking anybody, and a scanner for leaks knows one when it sees one. Keys of the first release have no environment.
 */
export const keyPattern = /^cus_(?:([a-z][a-z0-9]{1,11})_)?([a-z2-7]{26})_([a-z2-7]{52})([a-z2-7]{7})$/

/** Longer than any key. */
export const maxKeyLength = 110

/** What scanners look for: `docs/specs/api-keys.md`. It holds in RE2, PCRE and ECMAScript. */
export const scannerPattern = '\\bcus_(?:[a-z][a-z0-9]{1,11}_)?[a-z2-7]{26}_[a-z2-7]{59}\\b'

/** @param environment 2 to 12 lower-case letters and digits, a letter first; `sign` for a secret that signs. */
export function makeKey(
  random: Random,
  environment: string,
  id = newId('key', random),
): KeyParts & { readonly key: string } {
  const secret = base32(random.bytes(32))
  const body = `cus_${environment}_${id.slice(4)}_${secret}`
  return { id, secret, environment, key: body + checksum(body) }
}

/** @returns null where the text is no key of ours, its checksum included. */
export function parseKey(text: string): KeyParts | null {
  if (text.length > maxKeyLength) return null
  const match = keyPattern.exec(text)
  if (match === null || checksum(text.slice(0, -7)) !== match[4]) return null
  return { id: `key_${match[2]}`, secret: match[3] as string, environment: match[1] ?? null }
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return base32(bytes)
}
