import { limitFields } from '@custodia/edge/limits/fields.ts'
import { GuardedCells } from '@custodia/edge/limits/guarded-cells.ts'
import type { Refused, Verdict } from '@custodia/edge/limits/limits.ts'
import { Limits } from '@custodia/edge/limits/limits.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Asked, CountedBy, LimitClass, Policy } from '@custodia/edge/limits/policy.ts'
import { checkPolicies } from '@custodia/edge/limits/policy.ts'
import type { Evaluate } from '@custodia/edge/limits/redis-cells.ts'
import { redisCells } from '@custodia/edge/limits/redis-cells.ts'
import { CustodiaError } from '../errors.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'

/** How often something may be done, as in `edge.limits` of an application behind the gateway. */
export type LimitPolicy = {
  /** `address`: IPv4, or IPv6 by /64. `network`: /24 and /56. `route`: everybody together. The others once the caller is known. */
  readonly by: CountedBy
  /** How many may come at once: 1 to 1,000,000. */
  readonly burst: number
  /** In how long they are earned back: 1 to 86,400. */
  readonly perSeconds: number
  /** True counts and tells `onRefused`, and refuses nobody. */
  readonly dryRun?: boolean
  /** `read` are GET, HEAD and OPTIONS, `write` all others. */
  readonly classes?: readonly Extract<LimitClass, 'read' | 'write'>[]
  readonly methods?: readonly string[]
  /** As in `/search` or `/search/**`. */
  readonly path?: string
}

export type LimitsSettings = {
  /** By name: lower-case letters, digits and hyphens. Callers are told it. */
  readonly policies: Readonly<Record<string, LimitPolicy>>
  /** Where processes count together; each counts alone unless said, and while it does not answer within 50 ms. */
  readonly redis?: { readonly evaluate: Evaluate; readonly prefix?: string }
  /** Told of whoever had no room, and of whoever would have had none under a policy that is only tried. Must not wait. */
  readonly onRefused?: (refused: Pick<Refused, 'policy' | 'subject' | 'waitMs'>) => void
}

/** Who is known to ask: from an `Identity`, say. */
export type KnownCaller = {
  readonly account: string
  readonly organisation?: string | null
  readonly key?: string | null
}

/** What a caller is told in any case, and the refusal; null where it may pass. */
export type Limited = { readonly headers: Readonly<Record<string, string>>; readonly refusal: Problem | null }

export type RequestLimits = {
  /** Before anybody is known. @param path without its query. */
  arrive(method: string, path: string, address: string): Limited | Promise<Limited>
  known(method: string, path: string, address: string, caller: KnownCaller): Limited | Promise<Limited>
}

const free: Limited = { headers: {}, refusal: null }

/**
 * The limits of Custodia's own routes and of its gateway, inside an application. One for each process.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with what is wrong in `details`.
 */
export function createLimits({ policies, redis, onRefused }: LimitsSettings): RequestLimits {
  const nowMs = () => performance.now()
  const store =
    redis === undefined
      ? new MemoryCells(nowMs)
      : new GuardedCells({ store: redisCells(redis.evaluate, redis.prefix), nowMs })
  const limits = new Limits(onRefused === undefined ? { store } : { store, onRefused })
  limits.use(checked(policies))
  return {
    arrive: (method, path, address) => later(limits.arrive(limits.plan(asked(method, path)), address)),
    known: (method, path, address, { account, organisation = null, key = null }) =>
      later(limits.known(limits.plan(asked(method, path)), { address, account, organisation, key })),
  }
}

function checked(policies: LimitsSettings['policies']): readonly Policy[] {
  try {
    return checkPolicies(policies, 'policies')
  } catch (error) {
    throw new CustodiaError('CONFIGURATION_INVALID', { field: (error as Error).message })
  }
}

function asked(method: string, path: string): Asked {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return { class: reads ? 'read' : 'write', method, path, route: 'all', application: null }
}

const later = (verdict: Verdict | null | Promise<Verdict | null>): Limited | Promise<Limited> =>
  verdict instanceof Promise ? verdict.then(said) : said(verdict)

function said(verdict: Verdict | null): Limited {
  if (verdict === null) return free
  const headers = limitFields(verdict)
  if (verdict.allowed) return { headers, refusal: null }
  const problem = problemFrom(new CustodiaError('LIMIT_REACHED'))
  return { headers, refusal: { ...problem, headers: { ...problem.headers, ...headers } } }
}
