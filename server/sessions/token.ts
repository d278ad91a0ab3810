import { createHmac, hash } from 'node:crypto'
import type { Random } from '../platform/random.ts'

/** 32 random bytes as 43 characters of base64url: a cookie's value, or a hand-over code. */
export function newToken(random: Random): string {
  return random.bytes(32).toString('base64url')
}

/** What the database holds of a token: whoever can read and write it can neither use nor make one without the key. */
export function storedHash(token: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(token).digest()
}

/** What this process's memory holds of a token. Of 256 random bits a plain hash gives nothing away, and costs a tenth. */
export function fingerprint(token: string): string {
  return hash('sha256', token, 'base64url')
}
