import { randomFillSync } from 'node:crypto'

/** Writes 32 fresh bytes at `at`. Vectors pass a fixed one; nothing else may. */
export type SaltSource = (target: Buffer, at: number) => void

const pool = Buffer.allocUnsafeSlow(8192)
let used = pool.length

/** The system's generator, read in blocks: one call to it serves 256 salts. What was handed out is overwritten. */
export const pooledSalt: SaltSource = (target, at) => {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(target, at, used, used + 32)
  pool.fill(0, used, used + 32)
  used += 32
}
