import { Challenges } from '@custodia/edge/challenge/challenges.ts'
import type { Keyring } from '../keyring/api.ts'
import { withDeadline } from '../platform/cache/deadline.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import type { Context } from '../platform/module.ts'
import type { config } from './config.ts'

type Here = Context<typeof config>

/** Challenges of this installation: any of its processes knows what another one asked and handed out. */
export async function openChallenges(context: Here, keyring: Keyring): Promise<Challenges> {
  const { clock, random } = context
  return new Challenges({
    secret: await keyring.secret('limits-challenge'),
    nowMs: () => clock.nowMs(),
    randomBytes: (size) => random.bytes(size),
    once: onceIn(context),
  })
}

/**
 * Takes each key once in all processes; while the shared memory is lost, or slower than a limit may be waited for, once in each.
 *
 * @returns true the first time that a key is asked for, for so many seconds.
 */
export function onceIn({ cache, clock, config, log }: Pick<Here, 'cache' | 'clock' | 'config' | 'log'>) {
  const local = new MemoryCache({ clock })
  let lost = false
  return async (key: string, seconds: number): Promise<boolean> => {
    const name = `limits.${key}`
    try {
      const first = await withDeadline('the cache', config.storeWaitMs, cache.setIfAbsent(name, '', seconds))
      lost = false
      return first
    } catch (error) {
      // Once, and not for each proof: strangers send them.
      if (!lost) log.warn({ error }, 'proofs of work are taken once by each process')
      lost = true
      return await local.setIfAbsent(name, '', seconds)
    }
  }
}
