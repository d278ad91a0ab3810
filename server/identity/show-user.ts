import type { User } from '@custodia/wire/http/identity.ts'
import type { Person } from './api.ts'
import type { Parts } from './parts.ts'
import { place } from './parts.ts'
import type { PersonRow } from './store.ts'

/** Opens the fields that were sealed for this person. @throws Refusal KEY_SHREDDED */
export async function openPerson({ keyring }: Parts, row: PersonRow): Promise<Person> {
  const person = { id: row.id, organisationId: row.organisation_id }
  const [email, name] = await Promise.all([
    keyring.open(place(person, 'email'), row.email_sealed),
    keyring.open(place(person, 'name'), row.name_sealed),
  ])
  return { ...person, email: email.toString(), name: name.toString() }
}

/** A person as the API shows them. */
export async function showUser(parts: Parts, row: PersonRow, roles: readonly string[]): Promise<User> {
  return {
    ...(await openPerson(parts, row)),
    state: row.state,
    roles: [...roles],
    createdAt: row.created_at.toISOString(),
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
  }
}
