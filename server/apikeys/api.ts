/** A key as it is shown, once. */
export type IssuedKey = { readonly keyId: string; readonly key: string }

export type ApiKeys = {
  /** Makes a key for an application of an organisation, with its event. */
  issue(organisationId: string, applicationId: string): Promise<IssuedKey>
}
