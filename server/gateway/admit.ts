import { crossSite } from '@custodia/edge/browser/cross-site.ts'
import type { CsrfTokens } from '@custodia/edge/browser/csrf-token.ts'
import { canonicalPath } from '@custodia/edge/input/canonical-path.ts'
import type { Access } from '../access/api.ts'
import type { ApiKeys } from '../apikeys/api.ts'
import type { Identity } from '../identity/api.ts'
import type { ApplicationLimits } from '../limits/api.ts'
import type { Clock } from '../platform/clock.ts'
import type { Refusal } from '../platform/errors.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import type { Told } from '../platform/http/limits.ts'
import type { About, RequestHead } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import { repeatedIn } from '../platform/http/repeated-headers.ts'
import { acceptSignature } from '../platform/http/steps/signed.ts'
import type { ClientProof } from '../platform/http/transport/client-certificate.ts'
import type { Sessions } from '../sessions/api.ts'
import { assuranceOf } from '../sessions/api.ts'
import type { Application } from './applications.ts'
import type { Caller } from './caller.ts'
import { callerOf, describe } from './caller.ts'
import { lackingCertificate, toldOf } from './client-certificates.ts'
import type { DecisionLog } from './decision-log.ts'
import { hasCsrfToken } from './edge/csrf.ts'
import { refuse } from './errors.ts'
import type { AssertionMint } from './mint-assertion.ts'
import type { Rule } from './rules.ts'
import { readsOtherwise, ruleFor } from './rules.ts'
import type { WrongKeys } from './wrong-keys.ts'

export type AdmitNeeds = {
  readonly access: Access
  readonly sessions: Sessions
  readonly identity: Identity
  readonly keys: ApiKeys
  readonly wrongKeys: WrongKeys
  readonly mint: AssertionMint
  readonly csrf: CsrfTokens
  /** Of each application, by name. */
  readonly limits: ReadonlyMap<string, ApplicationLimits>
  readonly decisions: DecisionLog
  readonly clock: Clock
  readonly publicUrl: string
}

/** A request that may pass, once its body is what was signed. */
export type Admitted = {
  /** Null where a public rule let it through. */
  readonly caller: Caller | null
  readonly assertion: string | null
  /** What the application is told of the client's certificate; null where there is none. */
  readonly certificate: ReturnType<typeof toldOf> | null
  /** Header fields that say what the caller has left. */
  readonly told?: Told | null
  /** Called when nothing more can keep it from passing: writes it down. */
  passed(): void
}

/** Checks of the head that need nobody's identity. @returns the path on which the decision is made. */
export function checkHead(head: RequestHead, rawHeaders: readonly string[]): string {
  const repeated = repeatedIn({ headers: head.headers, rawHeaders })
  if (repeated !== null)
    throw refuseRequest('REQUEST_HEADER_INVALID', { field: `header.${repeated}`, detail: 'appears twice' })
  const taken = takenAway(head.headers.connection)
  if (taken)
    throw refuseRequest('REQUEST_HEADER_INVALID', {
      field: 'header.connection',
      detail: 'names a header of the request',
    })
  const path = canonicalPath(head.url)
  if (path === null) throw refuse('GATEWAY_PATH_AMBIGUOUS')
  return path
}

// RFC 9110 §7.6.1: what `Connection` names goes no further. What was decided on must reach the application, so that a client may
// name only what is about the connection.
const ofConnections = new Set([
  '',
  'close',
  'keep-alive',
  'upgrade',
  'te',
  'http2-settings',
  'trailer',
  'proxy-connection',
])

const takenAway = (connection: string | undefined): boolean =>
  connection?.split(',').some((option) => !ofConnections.has(option.trim().toLowerCase())) ?? false

/** One request to an application, as it arrives. */
type Arriving = {
  readonly head: RequestHead
  /** On which the decision is made: from `checkHead`. */
  readonly path: string
  /** What the client proved when it connected. */
  readonly proof: ClientProof
  /** Origins of others that a CORS policy lets send this very request; none unless said. */
  readonly admitted?: ReadonlySet<string>
}

/**
 * Decides on one request to an application, by identity, role, method and path.
 *
 * @param origin the application's own, as in `http://inbox.localhost:8080`.
 * @throws Refusal AUTHENTICATION_REQUIRED where a session would help, SIGNATURE_REQUIRED where a signature; ACCESS_DENIED, CROSS_SITE_REFUSED,
 * KEY_NOT_ENOUGH, CLIENT_CERTIFICATE_REQUIRED, GATEWAY_PATH_AMBIGUOUS where neither would; and those of `callerOf`.
 */
export async function admit(
  application: Application,
  { head, path, proof, admitted = nobody }: Arriving,
  origin: string,
  needs: AdmitNeeds,
): Promise<Admitted> {
  const { name, rules } = application
  const rule = ruleFor(rules, head.method, path)
  if (rule !== null && readsOtherwise(rules, head.method, path, rule)) throw refuse('GATEWAY_PATH_AMBIGUOUS')
  const lacking = lackingCertificate(rule?.clientCertificate ?? null, proof)
  const known = typeof proof === 'object' ? proof : null
  const certificate = known === null ? null : toldOf(known, application.clientCertificates)
  const denied = (reason: string, principal: Principal | null) =>
    needs.decisions.refused(name, principal, { method: head.method, path }, rule?.permission ?? null, reason, known)

  const isPublic = rule !== null && rule.permission === null
  const caller = isPublic ? null : await callerOf(head, origin.slice(origin.indexOf('//') + 2), needs)
  if (caller === null && lacking !== null) {
    // Whoever has shown a certificate is somebody. Of others nothing is kept: anybody could fill the ledger.
    if (known !== null) denied('client-certificate', null)
    throw lacking
  }
  if (isPublic) return certificate === null ? open : { ...open, certificate }
  if (caller === null) throw rule?.signed === true ? unsigned() : refuseRequest('AUTHENTICATION_REQUIRED')
  const { principal } = caller
  const told = (await needs.limits.get(name)?.known(head.method, path, principal, head.address)) ?? null

  if (lacking !== null) {
    denied('client-certificate', principal)
    throw lacking
  }
  if (rule?.signed === true && (principal.kind === 'user' || principal.signed !== true)) {
    denied('unsigned', principal)
    throw unsigned()
  }
  const hasToken = () => hasCsrfToken(needs.csrf, application, principal, head)
  const header = crossSite(head, { origins: new Set([origin]), admitted, hasToken })
  if (header !== null) {
    denied('cross-site', principal)
    throw refuseRequest('CROSS_SITE_REFUSED', { field: `header.${header}` })
  }
  if (rule === null || rule.permission === null) {
    denied('no-rule', principal)
    throw refuseRequest('ACCESS_DENIED', { detail: 'no rule of the application allows this' })
  }
  const decision = await needs.access.decide(principal, rule.permission, head)
  if (!decision.allowed) {
    denied(decision.reason, principal)
    throw refuseRequest('ACCESS_DENIED', { permission: rule.permission })
  }
  const unproven = missingProof(rule, principal, needs)
  if (unproven !== null) {
    denied(reasons[unproven.code] ?? 'assurance', principal)
    throw unproven
  }
  const described = await describe(principal, needs)
  if (described === null) throw refuseRequest('AUTHENTICATION_REQUIRED')

  const { permission } = rule
  return {
    caller,
    certificate,
    told,
    passed: () => needs.decisions.allowed(name, principal, permission),
    assertion: needs.mint.mint(
      name,
      principal,
      described,
      await granted(application, principal, { address: head.address, quiet: true }, needs.access),
    ),
  }
}

/** What the application is told, and what it is not shown. */
export const introductionOf = (admitted: Admitted | null) => ({
  assertion: admitted?.assertion ?? null,
  certificate: admitted?.certificate ?? null,
  signed: (admitted?.caller?.proof ?? null) !== null,
})

const nobody: ReadonlySet<string> = new Set()
const open: Admitted = { caller: null, assertion: null, certificate: null, passed() {} }
const unsigned = () => refuseRequest('SIGNATURE_REQUIRED', { acceptSignature })
const reasons: Readonly<Record<string, string>> = { FRESH_FACTOR_REQUIRED: 'not-fresh', KEY_NOT_ENOUGH: 'key' }

/** A rule may ask for more than a session: for a proof of late, or for a second factor. */
function missingProof(rule: Rule, principal: Principal, needs: AdmitNeeds): Refusal | null {
  if (principal.kind !== 'user')
    return rule.freshSeconds === null && rule.assurance === null ? null : refuseRequest('KEY_NOT_ENOUGH')
  const { factors, authenticatedAtMs, stale } = principal
  const confirm = { confirmAt: `${needs.publicUrl}/v1/me/fresh`, confirmPage: `${needs.publicUrl}/sign-in?again=1` }
  const proven = assuranceOf(factors)
  const enough = rule.assurance === null || proven === rule.assurance || proven === 'phishing-resistant'
  if (!enough) return refuse('GATEWAY_FACTOR_REQUIRED', { assurance: rule.assurance as string, ...confirm })
  if (rule.freshSeconds === null) return null
  if (stale === undefined && needs.clock.nowMs() - authenticatedAtMs <= rule.freshSeconds * 1_000) return null
  return refuseRequest('FRESH_FACTOR_REQUIRED', { maxAgeSeconds: rule.freshSeconds, ...confirm })
}

/** What this caller may do in this application; the rest is none of its business. */
async function granted(
  application: Application,
  principal: Principal,
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
