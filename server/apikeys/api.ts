import type { ApiKey, NewKey, RotateKey } from '@custodia/wire/http/keys.ts'
import type { Actor } from '../platform/events/event.ts'
import type { Authenticator } from '../platform/http/ports.ts'
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

export type ApiKeys = Authenticator & {
  /**
   * Makes a key for an application, with its event. For the operator: nobody is asked for permission.
   *
   * @throws Refusal APIKEY_ROLE_UNKNOWN, APIKEY_SCOPE_UNKNOWN, APIKEY_TOO_MANY (50), and for what does not have its form.
   */
  issue(key: KeyForApplication): Promise<IssuedKey>
  /** Keys that are neither revoked nor expired, the newest first, at most 200. */
  list(organisationId: string, owner?: Owner): Promise<readonly ApiKey[]>
  /**
   * Gives a key of an application a new secret; those of people are theirs alone. The old one holds until the overlap is over, or its own expiry.
   *
   * @throws Refusal APIKEY_UNKNOWN, APIKEY_ROTATED_MEANWHILE, APIKEY_EXPIRY_TOO_LATE.
   */
  rotate(organisationId: string, keyId: string, asked: RotateKey, by?: Actor): Promise<IssuedKey>
  /** Revokes one key: refused on the very next request, in every process. @returns false where none was live. */
  revoke(organisationId: string, keyId: string, by?: Actor): Promise<boolean>
  /** Revokes all keys of an owner. @returns how many were live. */
  revokeAll(organisationId: string, owner: Owner, by?: Actor): Promise<number>
}
