import type { Authenticator } from '../platform/http/ports.ts'

/** A key as it is shown, once. */
export type IssuedKey = { readonly keyId: string; readonly key: string }

export type ApiKeys = Authenticator & {
  /**
   * Makes a key for an application of an organisation, with its event.
   *
   * @param roles names of `access.roles`; `application` unless said.
   * @throws Refusal APIKEY_ROLE_UNKNOWN.
   */
  issue(key: { organisationId: string; applicationId: string; roles?: readonly string[] }): Promise<IssuedKey>
  /** Revokes one key: refused on the very next request, in every process. @returns false where none was live. */
  revoke(organisationId: string, keyId: string): Promise<boolean>
}
