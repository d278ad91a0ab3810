import { argon2 as compute, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Scheme } from './scheme.ts'
import { unpadded } from './scheme.ts'

const derive = promisify(compute)
const shape =
  /^\$(argon2id?)\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** RFC 9106, version 1.3; without the secret that our own hashes have. */
export const argon2: Scheme = {
  accepts: 'Argon2id or Argon2i ($argon2id$v=19$m=…,t=…,p=…$salt$hash) of at most 1 GiB, 16 passes and 16 lanes',
  read(text) {
    const match = shape.exec(text)
    if (match === null) return null
    const [, name, m, t, p, salt, tag] = match as unknown as string[] & { 1: 'argon2id' | 'argon2i' }
    const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
    if (passes < 1 || passes > 16 || parallelism < 1 || parallelism > 16) return null
    // RFC 9106 §3.1: at least 8 KiB for each lane.
    if (memory < 8 * parallelism || memory > 1_048_576) return null
    const [nonce, expected] = [unpadded(salt as string), unpadded(tag as string)]
    const cost = { memory, passes, parallelism, tagLength: expected.length }
    return {
      scheme: name,
      matches: async (password) =>
        timingSafeEqual(await derive(name, { message: Buffer.from(password), nonce, ...cost }), expected),
    }
  },
}
