import { Limits } from '@custodia/edge/limits/limits.ts'
import { Lists } from '@custodia/edge/limits/lists.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Policy } from '@custodia/edge/limits/policy.ts'
import type { LimitsOfApplications } from './api.ts'
import { applicationLimits } from './limiter.ts'

/** The limits of applications as the module has them, without a database: nothing but what their configuration says. */
export function limitsInProcess(): LimitsOfApplications {
  const limits = new Limits({ store: new MemoryCells(() => performance.now()) })
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
