import type { Random } from '../../platform/random.ts'

const poolBytes = 4_096
const outOf = 10_000

/** Draws whether one of many is kept, `sampled` of 10,000: from a pool of randomness, since it is asked about nearly every decision. */
export function sampler(random: Random, sampled: number): () => boolean {
  let pool: Buffer = Buffer.alloc(0)
  let used = 0
  return () => {
    if (used + 4 > pool.length) {
      pool = random.bytes(poolBytes)
      used = 0
    }
    const drawn = pool.readUInt32BE(used) % outOf
    used += 4
    return drawn < sampled
  }
}
