import type { AssertionClaims, KeyAssertionClaims } from '@custodia/wire/http/gateway.ts'
import { CustodiaError } from '../errors.ts'

/** Who is asking, as Custodia vouches for it. Frozen: many requests share one. */
export type Identity = {
  /** `usr_…`; of a program that calls with a key of its own, the service account (`svc_…`) or application that it is. */
  readonly userId: string
  /** `org_…` */
  readonly organisationId: string
  /** Null of a service account or application. */
  readonly email: string | null
  readonly name: string
  readonly roles: readonly string[]
  /** Those that concern this application, as in `inbox:write`. */
  readonly permissions: readonly string[]
  /** `ses_…` of a person who is there; null where a program calls with a key. */
  readonly sessionId: string | null
  /** `key_…`, where a program calls with an API key: of itself, or of the person that is named. Null in a session. */
  readonly keyId: string | null
  /** What the key is narrowed to, as `inbox:read` or `inbox:*`; null where nothing narrows it, and in a session. */
  readonly scopes: readonly string[] | null
  /** Whether the whole request was signed with that key. */
  readonly signed: boolean
  /** Factors proven in this session, as RFC 8176 names: `pwd`, `otp`, `hwk`…; none with a key. */
  readonly factors: readonly string[]
  /** When the assertion ends (not the session): RFC 3339 in UTC. */
  readonly expiresAt: string
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= 512
const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 512 && value.every(isText)

type Shapes<Claims> = { readonly [Claim in keyof Claims]: (value: unknown) => boolean }

/** What each claim must be. A claim that is not listed is ignored (RFC 7519 §4). */
const common = {
  iss: isText,
  // RFC 7519 §4.1.3 allows a list; an assertion is for one application, so ours is text.
  aud: isText,
  sub: isText,
  org: isText,
  name: isText,
  roles: isTextList,
  permissions: isTextList,
  amr: isTextList,
  iat: Number.isSafeInteger,
  exp: Number.isSafeInteger,
}
const ofSession: Shapes<AssertionClaims> = { ...common, sid: isText, email: isText }
const ofKey: Shapes<Required<KeyAssertionClaims>> & { sid(value: unknown): boolean } = {
  ...common,
  key: isText,
  signed: (value) => value === undefined || value === true,
  scopes: (value) => value === undefined || isTextList(value),
  email: (value) => value === undefined || isText(value),
  // Nobody is there by a session and by a key at once.
  sid: (value) => value === undefined,
}

/**
 * The identity in the claims of a verified assertion.
 *
 * @throws CustodiaError ASSERTION_INVALID, with the claim that has the wrong shape.
 */
export function identityFrom(payload: Readonly<Record<string, unknown>>): Identity {
  const byKey = payload.key !== undefined
  for (const [claim, fits] of Object.entries(byKey ? ofKey : ofSession)) {
    if (!fits(payload[claim])) throw new CustodiaError('ASSERTION_INVALID', { reason: claim })
  }
  const claims = payload as unknown as AssertionClaims & Partial<KeyAssertionClaims>
  return Object.freeze({
    userId: claims.sub,
    organisationId: claims.org,
    email: claims.email ?? null,
    name: claims.name,
    roles: Object.freeze([...claims.roles]),
    permissions: Object.freeze([...claims.permissions]),
    sessionId: byKey ? null : claims.sid,
    keyId: claims.key ?? null,
    scopes: byKey && claims.scopes !== undefined ? Object.freeze([...claims.scopes]) : null,
    signed: byKey && claims.signed === true,
    factors: Object.freeze([...claims.amr]),
    expiresAt: new Date(claims.exp * 1000).toISOString(),
  })
}
