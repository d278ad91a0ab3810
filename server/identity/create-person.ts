import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { newId } from '../platform/random.ts'
import { normaliseAddress } from './email-address.ts'
import { refuse } from './errors.ts'
import type { Parts } from './parts.ts'
import { emailIndex, nowOf, place } from './parts.ts'
import type { PersonRow } from './store.ts'
import { insertPerson } from './store.ts'

export type NewPerson = {
  readonly organisationId: string
  readonly email: string
  readonly name: string
  /** A PHC string makes the person active; null leaves them invited. */
  readonly password: string | null
  /** True where nobody signed in with it yet. */
  readonly imported?: boolean
  readonly roles: readonly string[]
  /** Whose permissions bound the roles. Null where nobody is there yet to give them. */
  readonly by: Principal | null
  readonly actor: Actor
}

/**
 * Makes a person with their roles, in the caller's transaction. What happened is for the caller to record.
 *
 * @throws Refusal IDENTITY_EMAIL_INVALID, IDENTITY_EMAIL_TAKEN, and what `access.setRoles` refuses.
 */
export async function createPerson(parts: Parts, tx: Queries, person: NewPerson): Promise<PersonRow> {
  const { organisationId, email, name, password, roles, by, actor } = person
  const index = await emailIndex(parts, normalised(email))
  const id = newId('usr', parts.context.random)
  const now = nowOf(parts)
  const row: PersonRow = {
    id,
    organisation_id: organisationId,
    email_index: index,
    email_sealed: await parts.keyring.seal(place({ organisationId, id }, 'email'), email),
    name_sealed: await parts.keyring.seal(place({ organisationId, id }, 'name'), name),
    state: password === null ? 'invited' : 'active',
    password,
    password_changed_at: password === null ? null : now,
    created_at: now,
    last_sign_in_at: password === null || person.imported === true ? null : now,
  }
  if (!(await insertPerson(tx, row))) throw refuse('IDENTITY_EMAIL_TAKEN', { field: 'body.email' })
  await parts.access.setRoles(tx, { organisationId, subjectId: id, roles, by, actor })
  return row
}

/** @throws Refusal IDENTITY_EMAIL_INVALID */
export function normalised(email: string): string {
  const address = normaliseAddress(email)
  if (address === null) throw refuse('IDENTITY_EMAIL_INVALID', { field: 'body.email' })
  return address
}
