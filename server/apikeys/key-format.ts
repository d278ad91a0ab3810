import { crc32 } from 'node:zlib'
import type { Random } from '../platform/random.ts'
import { base32, newId } from '../platform/random.ts'

/** A key taken apart. `id` is public, `secret` is what proves it. */
export type KeyParts = { readonly id: string; readonly secret: string }

/**
 * `cus_<id>_<secret><checksum>`: 128 bits of id, 256 of secret, and a CRC-32 so that a typing error is told from a wrong key
 * without asking anybody, and a scanner for leaks knows one when it sees one.
 */
export const keyPattern = /^cus_([a-z2-7]{26})_([a-z2-7]{52})([a-z2-7]{7})$/

export function makeKey(random: Random): KeyParts & { readonly key: string } {
  const id = newId('key', random)
  const secret = base32(random.bytes(32))
  const body = `cus_${id.slice(4)}_${secret}`
  return { id, secret, key: body + checksum(body) }
}

/** @returns null where the text is no key of ours, its checksum included. */
export function parseKey(text: string): KeyParts | null {
  const match = keyPattern.exec(text)
  if (match === null || checksum(text.slice(0, -7)) !== match[3]) return null
  return { id: `key_${match[1]}`, secret: match[2] as string }
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return base32(bytes)
}
