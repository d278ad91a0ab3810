import type { Place } from '../keyring/api.ts'

/** Where a session's personal fields stand: sealed under the person's own key. */
export function place(
  session: { readonly organisationId: string; readonly userId: string; readonly id: string },
  field: 'address' | 'device',
): Place {
  return {
    organisationId: session.organisationId,
    subjectId: session.userId,
    collection: 'sessions.session',
    record: session.id,
    field,
    schemaVersion: 1,
  }
}
