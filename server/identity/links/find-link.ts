import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { isSetUp, readPerson } from '../store.ts'
import type { LinkRow } from './link-store.ts'
import { readLink } from './link-store.ts'
import { hashLink } from './one-time-link.ts'

/** A link that would work now. `person` is who was invited; null for the set-up. */
export type FoundLink = { readonly link: LinkRow; readonly person: PersonRow | null }

/**
 * Looks a link up without using it. It spares the costly work for who has none; whether it holds is decided again by the
 * statement that uses it up.
 *
 * @throws Refusal IDENTITY_LINK_INVALID, whatever the reason: unknown, used, replaced and expired look the same.
 */
export async function findLink(parts: Parts, token: string): Promise<FoundLink> {
  const { queries } = parts.context.database
  const link = await readLink(queries, hashLink(parts, token), nowOf(parts))
  if (link === null) throw refuse('IDENTITY_LINK_INVALID')
  if (link.person_id === null) {
    if (await isSetUp(queries)) throw refuse('IDENTITY_LINK_INVALID')
    return { link, person: null }
  }
  const person = await readPerson(queries, link.person_id)
  if (person?.state !== 'invited') throw refuse('IDENTITY_LINK_INVALID')
  return { link, person }
}
