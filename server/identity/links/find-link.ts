import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow, State } from '../store.ts'
import { isSetUp, readPerson } from '../store.ts'
import type { LinkRow, Purpose } from './link-store.ts'
import { readLink } from './link-store.ts'
import { hashLink } from './one-time-link.ts'

/** A link that would work now. `person` is whose it is; null for the set-up. */
export type FoundLink = { readonly link: LinkRow; readonly person: PersonRow | null }

/** In which state a person must be for their link to work. */
const states: Readonly<Record<Exclude<Purpose, 'setup'>, State>> = {
  invitation: 'invited',
  recovery: 'active',
  'delegated-recovery': 'active',
  'recovery-cancel': 'active',
  'not-me': 'active',
}

/**
 * Looks a link up without using it. It spares the costly work for who has none; whether it holds is decided again by the
 * statement that uses it up.
 *
 * @param purposes which links the step takes that asks; null only for who shows a link and does nothing by it.
 * @throws Refusal IDENTITY_LINK_INVALID, whatever the reason: unknown, used, replaced, expired and
 * made for something else look the same.
 */
export async function findLink(parts: Parts, token: string, purposes: readonly Purpose[] | null): Promise<FoundLink> {
  const { queries } = parts.context.database
  const link = await readLink(queries, hashLink(parts, token), nowOf(parts))
  if (link === null || purposes?.includes(link.purpose) === false) throw refuse('IDENTITY_LINK_INVALID')
  if (link.purpose === 'setup') {
    if (await isSetUp(queries)) throw refuse('IDENTITY_LINK_INVALID')
    return { link, person: null }
  }
  const person = await readPerson(queries, link.person_id as string)
  if (person?.state !== states[link.purpose]) throw refuse('IDENTITY_LINK_INVALID')
  return { link, person }
}
