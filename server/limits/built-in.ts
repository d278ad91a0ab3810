import { mostBurst } from '@custodia/edge/limits/cell-rate.ts'
import type { LimitClass, Policy } from '@custodia/edge/limits/policy.ts'
import { limitClasses } from '@custodia/edge/limits/policy.ts'
import type { LimitFigures } from '../platform/http/limits.ts'

/** How many times what one address may its /24 or /56 may: an office, a school, a street. */
const widely = 16
/** How many times what one address may somebody may who is signed in: they may sit behind several, and have a cell of their own. */
const signedIn = 2

/**
 * What holds on Custodia's own routes without anybody's doing: by class of route for each address, for its network, and for each account. Callers
 * that nobody knows yet can't be counted at sign-in but by where they come from.
 */
export function builtIn(figures: Readonly<Record<LimitClass, LimitFigures>>): readonly Policy[] {
  return limitClasses.flatMap((kind) => {
    const { burst, perSeconds } = figures[kind]
    const policy = (by: 'address' | 'network' | 'account', times: number): Policy => ({
      name: `${by}-${kind}`,
      by,
      burst: Math.min(mostBurst, burst * times),
      perSeconds,
      dryRun: false,
      classes: [kind],
      application: null,
    })
    const everybody = [policy('address', 1), policy('network', widely)]
    return kind === 'sign-in' ? everybody : [...everybody, policy('account', signedIn)]
  })
}
