import type { EnvelopePlace } from '@custodia/wire/envelope/place.ts'

/** The name under which the server seals for itself. No application can have it: see `hand-out-keys.ts`. */
export const serverItself = 'custodia'

/** What a key is for. Those of one scope are versions of each other. */
export type Scope = {
  /** Null for the installation itself. */
  readonly organisationId: string | null
  readonly applicationId: string
  readonly subjectId: string | null
  /** `tenant`, `subject`, `index`, `signing:NAME` or `secret:NAME`. */
  readonly purpose: string
}

export const tenantScope = (organisationId: string | null): Scope => ({
  organisationId,
  applicationId: serverItself,
  subjectId: null,
  purpose: 'tenant',
})

/** A scope as one text. Unambiguous, because `checkIdentifier` lets no line feed through. */
export const scopeText = ({ organisationId, applicationId, subjectId, purpose }: Scope): string =>
  `${organisationId ?? ''}\n${applicationId}\n${subjectId ?? ''}\n${purpose}`

/** Where a wrapped key is stored: its row, with every column that says whose it is. */
export const placeOfKey = (id: string, version: number, scope: Scope): EnvelopePlace => ({
  organisationId: scope.organisationId,
  applicationId: scope.applicationId,
  subjectId: scope.subjectId,
  collection: 'keyring.key',
  record: id,
  field: scope.purpose,
  schemaVersion: version,
})

/** @throws Error for what can't be the identifier of an organisation, an application or a subject. */
export function checkIdentifier(text: string): void {
  if (!/^[\x21-\x7e]{1,128}$/.test(text)) throw new Error('an identifier has 1 to 128 visible ASCII characters')
}
