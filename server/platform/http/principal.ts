/** Who is asking. Every way to authenticate ends in exactly one of these. */
export type Principal = UserPrincipal | ApplicationPrincipal | KeyPrincipal

/** A person with a session. */
export type UserPrincipal = {
  readonly kind: 'user'
  /** `usr_…` */
  readonly id: string
  /** `org_…` */
  readonly organisationId: string
  readonly roles: readonly string[]
  /** `ses_…` */
  readonly sessionId: string
  /** Factors proven in this session, as RFC 8176 names: `pwd`, `otp`, `hwk`… */
  readonly factors: readonly string[]
  /** When the newest factor was proven, epoch milliseconds. */
  readonly authenticatedAtMs: number
  /** How unlike this person the session looks: up to 1,000 (`identity/risk/session-risk.ts`). Left out is 0, as usual. */
  readonly risk?: number
  /** There where that proof does not count as fresh, and why: by a role given since, or since an unusual sign-in had nothing more to ask. */
  readonly stale?: 'privileges' | 'unprovable'
}

/** An application that calls with its key. */
export type ApplicationPrincipal = {
  readonly kind: 'application'
  /** The application's name in the configuration, as in `inbox`. */
  readonly id: string
  readonly organisationId: string
  readonly roles: readonly string[]
  /** `key_…`, the public half of the key. */
  readonly keyId: string
  /** What the key is narrowed to: exact permissions and `prefix:*`. Undefined where it is not. */
  readonly scopes?: readonly string[]
  /** There where the whole request was signed (RFC 9421). */
  readonly signed?: true
}

/**
 * A person or a service account, through a key: nobody sits there who could prove a factor, so that no session and no sensitive route is
 * theirs.
 */
export type KeyPrincipal = {
  readonly kind: 'key'
  readonly owner: KeyOwner
  /** The owner's: for whoever decides, the key is its owner with less. */
  readonly id: string
  readonly organisationId: string
  /** The owner's, as they are now. */
  readonly roles: readonly string[]
  /** `key_…`, the public half of the key. */
  readonly keyId: string
  readonly scopes: readonly string[]
  readonly signed?: true
}

export type KeyOwner = {
  readonly kind: 'user' | 'service'
  /** `usr_…` or `svc_…` */
  readonly id: string
}
