import type { Place } from '../../keyring/api.ts'

/** Where a passkey's name stands: sealed under its owner's key. */
export function namePlace(person: { readonly id: string; readonly organisation_id: string }, passkeyId: string): Place {
  return {
    organisationId: person.organisation_id,
    subjectId: person.id,
    collection: 'identity.passkey',
    record: passkeyId,
    field: 'name',
    schemaVersion: 1,
  }
}
