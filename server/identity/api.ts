/** What other modules may know about a person. */
export type Person = { readonly id: string; readonly organisationId: string; readonly email: string; readonly name: string }

export type Identity = {
  /** @returns null where there is nobody, or they may not sign in any more. Cached for a minute at most. */
  person(userId: string): Promise<Person | null>
}
