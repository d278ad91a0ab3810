import type { Decision } from './api.ts'
import type { Evaluation } from './evaluation.ts'
import type { FailureKind } from './failure.ts'
import { Failure, wrongType } from './failure.ts'
import type { Entry } from './policy-index.ts'

/** Counts the policies that hold, and those that can't be evaluated. */
export class Tally {
  readonly #permits: string[] = []
  readonly #forbids: string[] = []
  readonly #errors: { policyId: string; kind: FailureKind }[] = []

  count({ policy, checks }: Entry, evaluation: Evaluation): void {
    for (const check of checks) if (check(evaluation) !== true) return
    const holds = policy.condition === null ? true : policy.condition(evaluation)
    if (holds === true) (policy.effect === 'permit' ? this.#permits : this.#forbids).push(policy.id)
    else if (holds !== false) {
      const { kind } = holds instanceof Failure ? holds : wrongType
      this.#errors.push({ policyId: policy.id, kind })
    }
  }

  /** Forbids win; without a permit the answer is no; who failed counts for nothing. */
  decision(): Decision {
    const allowed = this.#forbids.length === 0 && this.#permits.length > 0
    return {
      decision: allowed ? 'allow' : 'deny',
      determining: (allowed ? this.#permits : this.#forbids).sort(),
      errors: this.#errors.sort((a, b) => (a.policyId < b.policyId ? -1 : 1)),
    }
  }
}
