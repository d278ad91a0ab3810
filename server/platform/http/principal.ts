/** Who is asking. Every way to authenticate ends in exactly one of these. */
export type Principal = UserPrincipal | ApplicationPrincipal

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
}
