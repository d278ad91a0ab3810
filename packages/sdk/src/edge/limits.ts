import type { Challenges, Sent } from '@custodia/edge/challenge/challenges.ts'
import { isChallengeScript } from '@custodia/edge/challenge/page.ts'
import { canonicalPath } from '@custodia/edge/input/canonical-path.ts'
import { limitFields } from '@custodia/edge/limits/fields.ts'
import { GuardedCells } from '@custodia/edge/limits/guarded-cells.ts'
import type { Challenged, Refused, Verdict } from '@custodia/edge/limits/limits.ts'
import { Limits } from '@custodia/edge/limits/limits.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Asked, CountedBy, Exceeded, LimitClass, Policy } from '@custodia/edge/limits/policy.ts'
import { checkPolicies } from '@custodia/edge/limits/policy.ts'
import type { Evaluate } from '@custodia/edge/limits/redis-cells.ts'
import { redisCells } from '@custodia/edge/limits/redis-cells.ts'
import { CustodiaError } from '../errors.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { ChallengeSettings } from './challenge.ts'
import { askForWork, challengeScript, openChallenges } from './challenge.ts'

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
  /** `challenge`: whoever has no room comes in by work (ALTCHA). For policies by `address`, `network` and `route`. */
  readonly exceeded?: Exceeded
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
  /** Where a policy challenges. */
  readonly challenge?: ChallengeSettings
  /** Told of whoever was asked for work, solved it, failed, or was let in by a pass. Must not wait. */
  readonly onChallenged?: (challenged: Pick<Challenged, 'policy' | 'subject' | 'outcome'>) => void
  /** Told of whoever had no room, and of whoever would have had none under a policy that is only tried. Must not wait. */
  readonly onRefused?: (refused: Pick<Refused, 'policy' | 'subject' | 'waitMs'>) => void
}

/** Who is known to ask: from an `Identity`, say. */
export type KnownCaller = {
  readonly account: string
  readonly organisation?: string | null
  readonly key?: string | null
}

/** What a caller is told in any case, and what it is answered in the application's place; null where it may pass. */
export type Limited = { readonly headers: Readonly<Record<string, string>>; readonly refusal: Problem | null }

export type RequestLimits = {
  /**
   * Before anybody is known.
   *
   * @param path without its query, as it came.
   * @param sent by which it may be shown that its sender worked; without it, policies that challenge refuse.
   */
  arrive(method: string, path: string, address: string, sent?: Sent): Limited | Promise<Limited>
  known(method: string, path: string, address: string, caller: KnownCaller): Limited | Promise<Limited>
}

const free: Limited = { headers: {}, refusal: null }

/**
 * The limits of Custodia's own routes and of its gateway, inside an application. One for each process.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with what is wrong in `details`.
 */
export function createLimits(settings: LimitsSettings): RequestLimits {
  const { redis, onRefused, onChallenged } = settings
  const nowMs = () => performance.now()
  const store =
    redis === undefined
      ? new MemoryCells(nowMs)
      : new GuardedCells({ store: redisCells(redis.evaluate, redis.prefix), nowMs })
  const policies = checked(settings.policies)
  const challenges = challengesFor(settings, policies)
  const limits = new Limits({
    store,
    ...(challenges === null ? {} : { challenges }),
    ...(onRefused === undefined ? {} : { onRefused }),
    ...(onChallenged === undefined ? {} : { onChallenged }),
  })
  limits.use(policies)
  return {
    arrive(method, path, address, sent) {
      if (challenges !== null && isChallengeScript(path)) {
        const plan = limits.plan(asked(method, path), ({ exceeded }) => exceeded !== 'challenge')
        return later(limits.arrive(plan, address), (verdict) => script(method, path, verdict))
      }
      const answered = (verdict: Verdict | null) =>
        verdict?.challenge !== undefined && sent !== undefined
          ? withHeaders(askForWork(verdict, method, sent), verdict)
          : said(verdict)
      return later(limits.arrive(limits.plan(asked(method, path)), address, sent), answered)
    },
    known: (method, path, address, { account, organisation = null, key = null }) =>
      later(limits.known(limits.plan(asked(method, path)), { address, account, organisation, key }), said),
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
  // Routers find `/search` under `/%73earch`, too.
  const decoded = canonicalPath(path) ?? path
  return { class: reads ? 'read' : 'write', method, path: decoded, route: 'all', application: null }
}

type Saying = (verdict: Verdict | null) => Limited

const later = (verdict: Verdict | null | Promise<Verdict | null>, say: Saying): Limited | Promise<Limited> =>
  verdict instanceof Promise ? verdict.then(say) : say(verdict)

/** @throws CustodiaError CONFIGURATION_INVALID where a policy challenges and nothing is said of it. */
function challengesFor({ challenge }: LimitsSettings, policies: readonly Policy[]): Challenges | null {
  if (challenge !== undefined) return openChallenges(challenge)
  if (policies.every(({ exceeded }) => exceeded !== 'challenge')) return null
  throw new CustodiaError('CONFIGURATION_INVALID', { field: 'challenge' })
}

function said(verdict: Verdict | null): Limited {
  if (verdict === null) return free
  if (verdict.allowed) return { headers: { ...limitFields(verdict), ...verdict.pass }, refusal: null }
  return withHeaders(problemFrom(new CustodiaError('LIMIT_REACHED')), verdict)
}

function withHeaders(problem: Problem, verdict: Verdict): Limited {
  const headers = { ...limitFields(verdict), ...verdict.pass }
  return { headers, refusal: { ...problem, headers: { ...problem.headers, ...headers } } }
}

function script(method: string, path: string, verdict: Verdict | null): Limited {
  const limited = said(verdict)
  return limited.refusal === null ? { ...limited, refusal: challengeScript(method, path) } : limited
}
