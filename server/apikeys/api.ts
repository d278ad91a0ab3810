import type { ApiKey, NewKey, RotateKey } from '@custodia/wire/http/keys.ts'
import type { Authenticator, RequestHead } from '../platform/http/ports.ts'
import type { ApplicationPrincipal, KeyPrincipal } from '../platform/http/principal.ts'
import type { Owner } from './owner.ts'

/** A key as it is shown, once. */
export type IssuedKey = {
  readonly keyId: string
  /** Null where the key takes signed requests only. */
  readonly key: string | null
  /** All of this text is the HMAC secret. Null where the key has none, or it stays. */
  readonly signingSecret: string | null
}

/** A key for an application of an organisation. What is not said does not narrow it. */
export type KeyForApplication = Pick<
  NewKey,
  'environment' | 'networks' | 'requestsPerMinute' | 'signing' | 'requireSignature'
> & {
  readonly organisationId: string
  readonly applicationId: string
  /** Names of `access.roles`; `application` unless said. */
  readonly roles?: readonly string[]
  readonly scopes?: readonly string[] | null
  readonly name?: string | null
  /** Null, which it is unless said, where it never expires. */
  readonly days?: number | null
}

/** One key, all of an owner, or one of an owner. */
export type Revocation = { readonly reason?: string } & (
  | { readonly keyId: string; readonly owner?: Owner }
  | { readonly keyId?: never; readonly owner: Owner }
)

export type ApiKeys = Authenticator & {
  /**
   * As `authenticate`, for the host of an application.
   *
   * @param authority the name that requests must be signed for, with a port that is not the default one: `app.example.org:8443`.
   */
  authenticateAt(
    authority: string,
    head: RequestHead,
  ): ApplicationPrincipal | KeyPrincipal | null | Promise<ApplicationPrincipal | KeyPrincipal | null>
  /** Whether a key, and whoever owns it, still may do anything: for what goes on after its request was answered. */
  holds(keyId: string): Promise<boolean>
  /** Called with the key that was revoked or rotated, or null where any may have been. @returns ends the subscription. */
  onChange(listener: (keyId: string | null) => void): () => void
  /**
   * Makes a key for an application, with its event. For the operator: nobody is asked for permission.
   *
   * @throws Refusal APIKEY_ROLE_UNKNOWN, APIKEY_SCOPE_UNKNOWN, APIKEY_TOO_MANY (50), and for what does not have its form.
   */
  issue(key: KeyForApplication): Promise<IssuedKey>
  /** Keys that are neither revoked nor expired, the newest first, at most 200. */
  list(organisationId: string, owner?: Owner): Promise<readonly ApiKey[]>
  /**
   * Makes a key for a service account, with its event. For the operator: nobody's rights bound what the account may do already.
   *
   * @throws Refusal APIKEY_OWNER_UNKNOWN, APIKEY_SCOPE_UNKNOWN, APIKEY_EXPIRY_TOO_LATE, APIKEY_TOO_MANY, and for what does not have its form.
   */
  issueForAccount(organisationId: string, accountId: string, wanted: NewKey): Promise<IssuedKey>
  /**
   * Gives a key of an application, or of this service account, a new secret; those of people are theirs alone. The old one holds until the
   * overlap is over, or its own expiry. For the operator.
   *
   * @throws Refusal APIKEY_UNKNOWN, APIKEY_ROTATED_MEANWHILE, APIKEY_EXPIRY_TOO_LATE.
   */
  rotate(organisationId: string, keyId: string, asked: RotateKey, accountId?: string): Promise<IssuedKey>
  /** Revokes, for the operator: refused on the very next request, in every process. @returns how many were live. */
  revoke(organisationId: string, which: Revocation): Promise<number>
}
