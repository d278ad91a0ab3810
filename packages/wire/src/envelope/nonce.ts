import { randomFillSync } from 'node:crypto'
import { nonceBytes } from './kc-xaes-key.ts'

/** Writes 24 fresh bytes at `at`. Vectors pass fixed ones; nothing else may. */
export type NonceSource = (target: Buffer, at: number) => void

const pool = Buffer.allocUnsafeSlow(nonceBytes * 340)
let used = pool.length

/** The system's generator, read in blocks: one call to it serves 340 nonces. What was handed out is overwritten. */
export const pooledNonce: NonceSource = (target, at) => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const end = used + nonceBytes
  pool.copy(target, at, used, end)
  pool.fill(0, used, end)
  used = end
}
