import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Clock } from '../platform/clock.ts'
import type { Refusal } from '../platform/errors.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import type { About, RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { repeatedHeader } from '../platform/http/steps/headers.ts'
import { crossSiteHeader } from '../platform/http/steps/same-site.ts'
import type { Sessions } from '../sessions/api.ts'
import { assuranceOf } from '../sessions/api.ts'
import type { Application } from './applications.ts'
import { canonicalPath } from './canonical-path.ts'
import type { DecisionLog } from './decision-log.ts'
import { refuse } from './errors.ts'
import type { AssertionMint } from './mint-assertion.ts'
import type { Rule } from './rules.ts'
import { readsOtherwise, ruleFor } from './rules.ts'

export type AdmitNeeds = {
  readonly access: Access
  readonly sessions: Sessions
  readonly identity: Identity
  readonly mint: AssertionMint
  readonly decisions: DecisionLog
  readonly clock: Clock
  readonly publicUrl: string
}

/** A request that may pass. Both are null where a public rule let it through. */
export type Admitted = { readonly principal: UserPrincipal | null; readonly assertion: string | null }

/** Checks of the head that need nobody's identity. @returns the path on which the decision is made. */
export function checkHead(head: RequestHead, rawHeaders: readonly string[]): string {
  const repeated = repeatedHeader(rawHeaders)
  if (repeated !== null)
    throw refuseRequest('REQUEST_HEADER_INVALID', { field: `header.${repeated}`, detail: 'appears twice' })
  const path = canonicalPath(head.url)
  if (path === null) throw refuse('GATEWAY_PATH_AMBIGUOUS')
  return path
}

/**
 * Decides on one request to an application, by identity, role, method and path.
 *
 * @param origins the application's own, as in `http://inbox.localhost:8080`.
 * @throws Refusal AUTHENTICATION_REQUIRED where a session would help; ACCESS_DENIED, CROSS_SITE_REFUSED, GATEWAY_PATH_AMBIGUOUS where it
 * would not.
 */
export async function admit(
  application: Application,
  head: RequestHead,
  path: string,
  origins: ReadonlySet<string>,
  needs: AdmitNeeds,
): Promise<Admitted> {
  const rule = ruleFor(application.rules, head.method, path)
  if (rule !== null && readsOtherwise(application.rules, head.method, path, rule))
    throw refuse('GATEWAY_PATH_AMBIGUOUS')
  if (rule !== null && rule.permission === null) return { principal: null, assertion: null }

  const principal = await needs.sessions.authenticate(head)
  if (principal === null) throw refuseRequest('AUTHENTICATION_REQUIRED')
  const denied = (reason: string) => {
    needs.decisions.refused(
      application.name,
      principal,
      { method: head.method, path },
      rule?.permission ?? null,
      reason,
    )
  }

  const crossSite = crossSiteHeader(head, origins)
  if (crossSite !== null) {
    denied('cross-site')
    throw refuseRequest('CROSS_SITE_REFUSED', { field: `header.${crossSite}` })
  }
  if (rule === null || rule.permission === null) {
    denied('no-rule')
    throw refuseRequest('ACCESS_DENIED', { detail: 'no rule of the application allows this' })
  }
  const decision = await needs.access.decide(principal, rule.permission, head)
  if (!decision.allowed) {
    denied(decision.reason)
    throw refuseRequest('ACCESS_DENIED', { permission: rule.permission })
  }
  const unproven = missingProof(rule, principal, needs)
  if (unproven !== null) {
    denied(unproven.code === 'FRESH_FACTOR_REQUIRED' ? 'not-fresh' : 'assurance')
    throw unproven
  }
  const person = await needs.identity.person(principal.id)
  if (person === null) throw refuseRequest('AUTHENTICATION_REQUIRED')

  needs.decisions.allowed(application.name, principal, rule.permission)
  return {
    principal,
    assertion: needs.mint.mint(
      application.name,
      principal,
      person,
      await granted(application, principal, { address: head.address, quiet: true }, needs.access),
    ),
  }
}

/** A rule may ask for more than a session: for a proof of late, or for a second factor. */
function missingProof(rule: Rule, principal: UserPrincipal, needs: AdmitNeeds): Refusal | null {
  const { factors, authenticatedAtMs, stale } = principal
  const confirm = { confirmAt: `${needs.publicUrl}/v1/me/fresh`, confirmPage: `${needs.publicUrl}/sign-in?again=1` }
  const proven = assuranceOf(factors)
  const enough = rule.assurance === null || proven === rule.assurance || proven === 'phishing-resistant'
  if (!enough) return refuse('GATEWAY_FACTOR_REQUIRED', { assurance: rule.assurance as string, ...confirm })
  if (rule.freshSeconds === null) return null
  if (stale === undefined && needs.clock.nowMs() - authenticatedAtMs <= rule.freshSeconds * 1_000) return null
  return refuseRequest('FRESH_FACTOR_REQUIRED', { maxAgeSeconds: rule.freshSeconds, ...confirm })
}

/** What this person may do in this application; the rest is none of its business. */
async function granted(
  application: Application,
  principal: UserPrincipal,
  about: About,
  access: Access,
): Promise<string[]> {
  const permissions: string[] = []
  for (const permission in application.permissions) {
    // Nearly always it was made before and needs no waiting.
    const decision = access.decide(principal, permission, about)
    if ((decision instanceof Promise ? await decision : decision).allowed) permissions.push(permission)
  }
  return permissions
}
