import type { KeyObject } from 'node:crypto'
import { createHmac, timingSafeEqual } from 'node:crypto'

/** What is stored of the secret half: HMAC-SHA-256 under a key of the installation. */
export function hashSecret(secret: string, pepper: KeyObject | Buffer): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}

/** Both are always compared, and each for as long, so that time says nothing of which one came near. */
export function fitsOne(hash: Buffer, candidates: readonly (Buffer | null)[]): boolean {
  let fits = false
  for (const candidate of candidates) {
    const same = timingSafeEqual(hash, candidate ?? nothing)
    fits ||= same && candidate !== null
  }
  return fits
}

const nothing = Buffer.alloc(32)
