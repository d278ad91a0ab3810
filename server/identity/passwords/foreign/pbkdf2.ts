import { pbkdf2 as compute, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Scheme } from './scheme.ts'
import { unpadded } from './scheme.ts'

const derive = promisify(compute)
const shape =
  /^\$pbkdf2-(sha256|sha512)\$(?:i=)?(\d{1,8})(?:,l=\d{2})?\$([A-Za-z0-9+/.]{2,86})\$([A-Za-z0-9+/.]{22,86})$/
const maxIterations = 10_000_000

/** RFC 8018 §5.2, in the PHC form or passlib's. */
export const pbkdf2: Scheme = {
  accepts:
    'PBKDF2 ($pbkdf2-sha256$ or $pbkdf2-sha512$, i=… or the bare number, $salt$hash) of 1 to 10,000,000 iterations',
  read(text) {
    const match = shape.exec(text)
    if (match === null) return null
    const [, digest, count, saltText, hash] = match as unknown as string[] & { 1: string }
    const iterations = Number(count)
    if (iterations < 1 || iterations > maxIterations) return null
    const [salt, expected] = [unpadded(saltText as string), unpadded(hash as string)]
    return {
      scheme: `pbkdf2-${digest}`,
      matches: async (password) =>
        timingSafeEqual(await derive(password, salt, iterations, expected.length, digest), expected),
    }
  },
}
