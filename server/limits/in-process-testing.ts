import { Challenges } from '@custodia/edge/challenge/challenges.ts'
import { Limits } from '@custodia/edge/limits/limits.ts'
import { Lists } from '@custodia/edge/limits/lists.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Policy } from '@custodia/edge/limits/policy.ts'
import { systemRandom } from '../platform/random.ts'
import type { LimitsOfApplications } from './api.ts'
import { applicationLimits } from './limiter.ts'

/** The limits of applications as the module has them, without a database: nothing but what their configuration says. */
export function limitsInProcess(): LimitsOfApplications {
  const burnt = new Set<string>()
  const challenges = new Challenges({
    secret: systemRandom.bytes(32),
    nowMs: () => Date.now(),
    randomBytes: (size) => systemRandom.bytes(size),
    once: async (key) => !burnt.has(key) && burnt.add(key).has(key),
    work: { rounds: 1, keyPrefix: '0' },
  })
  const limits = new Limits({ store: new MemoryCells(() => performance.now()), challenges })
  const lists = new Lists(() => performance.now())
  const all: Policy[] = []
  return {
    forApplication(application, policies) {
      all.push(...policies.map((policy) => ({ ...policy, application })))
      limits.use(all)
      return applicationLimits({ limits, lists, isBuiltIn: () => false }, application)
    },
  }
}
