import { Challenges } from '@custodia/edge/challenge/challenges.ts'
import type { Keyring } from '../keyring/api.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import type { Context } from '../platform/module.ts'

/** Challenges of this installation: any of its processes knows what another one asked and handed out. */
export async function openChallenges(context: Context, keyring: Keyring): Promise<Challenges> {
  const { cache, clock, log, random } = context
  const local = new MemoryCache({ clock })
  return new Challenges({
    secret: await keyring.secret('limits-challenge'),
    nowMs: () => clock.nowMs(),
    randomBytes: (size) => random.bytes(size),
    async once(key, seconds) {
      try {
        return await cache.setIfAbsent(`limits.${key}`, '', seconds)
      } catch (error) {
        log.warn({ error }, 'proofs of work are taken once by each process')
        return await local.setIfAbsent(`limits.${key}`, '', seconds)
      }
    },
  })
}
