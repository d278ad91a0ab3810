import { ownNames } from '@custodia/edge/challenge/challenges.ts'
import { isChallengeScript } from '@custodia/edge/challenge/page.ts'
import { limitFields } from '@custodia/edge/limits/fields.ts'
import type { Caller, Limits, Plan, Verdict } from '@custodia/edge/limits/limits.ts'
import type { ListEntry, Lists } from '@custodia/edge/limits/lists.ts'
import type { Asked, Policy } from '@custodia/edge/limits/policy.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import type { LimitedRoute, Limiter, SentHead, Told } from '../platform/http/limits.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { ApplicationLimits } from './api.ts'
import { refuse } from './errors.ts'

type Telling = Told | null | Promise<Told | null>
type Standing = { readonly limits: Limits; readonly lists: Lists; readonly isBuiltIn: (policy: Policy) => boolean }

/** Below which share of its budget a caller is told of it. Programs, which can keep to it, always are. */
const tellBelow = 0.25

/** What stands behind the pipeline's limiter and that of each application. */
export function limiterOn(standing: Standing): Limiter {
  const plans = new WeakMap<LimitedRoute, Plan>()
  const planFor = (route: LimitedRoute): Plan => {
    const known = plans.get(route)
    if (known !== undefined && standing.limits.isCurrent(known)) return known
    const { method, path, limit } = route
    const asked = { class: limit, method, path, route: `${method} ${path}`, application: null }
    const plan = standing.limits.plan(asked, isWayOut(path) ? standing.isBuiltIn : countsAt(path))
    plans.set(route, plan)
    return plan
  }
  return {
    arrive: (route, address, sent) => arrive(standing, planFor(route), address, sent),
    known: (route, principal, address) => known(standing, planFor(route), principal, address),
  }
}

export function applicationLimits(standing: Standing, application: string): ApplicationLimits {
  const planFor = (method: string, path: string): Plan => {
    // Nearly always nobody set a policy for applications: those that are built in are for own routes.
    if (!standing.limits.concerns(application)) return noPlan
    const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
    const asked: Asked = { class: reads ? 'read' : 'write', method, path, route: application, application }
    return standing.limits.plan(asked, countsAt(path))
  }
  return {
    arrive: (method, path, address, sent) => arrive(standing, planFor(method, path), address, sent),
    known: (method, path, principal, address) => known(standing, planFor(method, path), principal, address),
  }
}

const unasked: Asked = { class: 'read', method: '', path: '', route: '', application: null }
const noPlan: Plan = { asked: unasked, version: 0, before: [], after: [] }

/** Where a policy that is too strict is taken back: only what is built in holds there. */
const isWayOut = (path: string) => path.startsWith('/v1/limits') || path === '/v1/me' || path.startsWith('/v1/me/fresh')

/** Whoever is asked for work must get what works for them. */
const countsAt = (path: string) => (isChallengeScript(path) ? doesNotChallenge : undefined)
const doesNotChallenge = ({ exceeded }: Policy) => exceeded !== 'challenge'

function arrive({ limits, lists }: Standing, plan: Plan, address: string, sent: SentHead): Telling {
  if (isLetIn(lists.ofAddress(address, null))) return null
  return told(limits.arrive(plan, address, sent), false)
}

function known({ limits, lists }: Standing, plan: Plan, principal: Principal, address: string): Telling {
  const { organisationId } = principal
  // Somebody is narrower than any network.
  const entry = lists.ofAccount(principal.id, organisationId) ?? lists.ofAddress(address, organisationId)
  const letIn = isLetIn(entry)
  if (letIn && entry?.ownOnly !== true) return null
  if (lists.ofAddress(address, null) !== null) return null
  const isProgram = principal.kind !== 'user'
  const caller: Caller = {
    address,
    account: principal.id,
    key: isProgram ? principal.keyId : null,
    organisation: organisationId,
  }
  const counted = letIn ? { ...plan, after: plan.after.filter(isEverybodys) } : plan
  return told(limits.known(counted, caller), isProgram)
}

/** An organisation lifts what it set itself. */
const isEverybodys = ({ policy }: Plan['after'][number]) => policy.organisation === undefined

/** @throws Refusal LIMITS_DENIED */
function isLetIn(entry: ListEntry | null): boolean {
  if (entry?.list === 'deny') throw refuse('LIMITS_DENIED')
  return entry !== null
}

function told(verdict: Verdict | null | Promise<Verdict | null>, always: boolean): Telling {
  if (verdict instanceof Promise) return verdict.then((one) => tell(one, always))
  return tell(verdict, always)
}

/** @throws Refusal LIMIT_REACHED, PROOF_OF_WORK_REQUIRED */
function tell(verdict: Verdict | null, always: boolean): Told | null {
  if (verdict === null) return null
  const { allowed, policy, remaining, waitMs, challenge, pass } = verdict
  if (allowed) {
    if (pass !== undefined) return { ...limitFields(verdict), ...pass }
    return always || remaining < policy.burst * tellBelow ? limitFields(verdict) : null
  }
  const fields = limitFields(verdict)
  const details = {
    retryAfterSeconds: waitMs / 1000,
    policy: policy.name,
    rateLimit: fields.ratelimit as string,
    rateLimitPolicy: fields['ratelimit-policy'] as string,
    ...(pass === undefined ? {} : { pass: pass[ownNames.pass] as string, passCookie: pass['set-cookie'] as string }),
  }
  throw challenge === undefined
    ? refuseRequest('LIMIT_REACHED', details)
    : refuseRequest('PROOF_OF_WORK_REQUIRED', {
        ...details,
        proofHeader: ownNames.proof,
        passHeader: ownNames.pass,
        challenge: JSON.stringify(challenge),
      })
}
