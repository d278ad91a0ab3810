import type { ScryptOptions } from 'node:crypto'
import { scrypt as compute, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Scheme } from './scheme.ts'
import { unpadded } from './scheme.ts'

const derive: (password: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(compute)
const shape = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([A-Za-z0-9+/]{2,86})\$([A-Za-z0-9+/]{22,86})$/
const maxBytes = 256 * 1_048_576

/** RFC 7914, in the PHC form. */
export const scrypt: Scheme = {
  accepts: 'scrypt ($scrypt$ln=…,r=…,p=…$salt$hash) of at most 256 MiB (128·N·r·p)',
  read(text) {
    const match = shape.exec(text)
    if (match === null) return null
    const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number]
    // RFC 7914 §2: N is above 1 and below 2^(128·r/8). Time is bounded by the same product.
    if (ln < 1 || r < 1 || p < 1 || ln >= 16 * r || 128 * 2 ** ln * r * p > maxBytes) return null
    const [salt, expected] = [unpadded(match[4] as string), unpadded(match[5] as string)]
    const options = { N: 2 ** ln, r, p, maxmem: maxBytes + 1_048_576 }
    return {
      scheme: 'scrypt',
      matches: async (password) => timingSafeEqual(await derive(password, salt, expected.length, options), expected),
    }
  },
}
