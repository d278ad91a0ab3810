import type { AssertionClaims } from '@custodia/wire/http/gateway.ts'
import { CustodiaError } from '../errors.ts'

/** Who is asking, as Custodia vouches for it. Frozen: many requests share one. */
export type Identity = {
  /** `usr_…` */
  readonly userId: string
  /** `org_…` */
  readonly organisationId: string
  readonly email: string
  readonly name: string
  readonly roles: readonly string[]
  /** Those that concern this application, as in `inbox:write`. */
  readonly permissions: readonly string[]
  /** `ses_…` */
  readonly sessionId: string
  /** Factors proven in this session, as RFC 8176 names: `pwd`, `otp`, `hwk`… */
  readonly factors: readonly string[]
  /** When the assertion ends (not the session): RFC 3339 in UTC. */
  readonly expiresAt: string
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 512
const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 512 && value.every(isText)

/** What each claim must be. A claim that is not listed is ignored (RFC 7519 §4). */
const shapes: { readonly [Claim in keyof AssertionClaims]: (value: unknown) => boolean } = {
  iss: isText,
  // RFC 7519 §4.1.3 allows a list; an assertion is for one application, so ours is text.
  aud: isText,
  sub: isText,
  org: isText,
  sid: isText,
  email: isText,
  name: isText,
  roles: isTextList,
  permissions: isTextList,
  amr: isTextList,
  iat: Number.isSafeInteger,
  exp: Number.isSafeInteger,
}

/**
 * The identity in the claims of a verified assertion.
 *
 * @throws CustodiaError ASSERTION_INVALID, with the claim that has the wrong shape.
 */
export function identityFrom(payload: Readonly<Record<string, unknown>>): Identity {
  for (const [claim, fits] of Object.entries(shapes)) {
    if (!fits(payload[claim])) throw new CustodiaError('ASSERTION_INVALID', { reason: claim })
  }
  const claims = payload as unknown as AssertionClaims
  return Object.freeze({
    userId: claims.sub,
    organisationId: claims.org,
    email: claims.email,
    name: claims.name,
    roles: Object.freeze([...claims.roles]),
    permissions: Object.freeze([...claims.permissions]),
    sessionId: claims.sid,
    factors: Object.freeze([...claims.amr]),
    expiresAt: new Date(claims.exp * 1000).toISOString(),
  })
}
