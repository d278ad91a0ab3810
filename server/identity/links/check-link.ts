import type { LinkFacts } from '@custodia/wire/http/identity.ts'
import type { Parts } from '../parts.ts'
import { openPerson } from '../show-user.ts'
import { readOrganisationName } from '../store.ts'
import { plain, themeOf } from '../theme/read-theme.ts'
import { findLink } from './find-link.ts'

/** What a link is good for, without using it up. @throws Refusal IDENTITY_LINK_INVALID */
export async function checkLink(parts: Parts, token: string): Promise<LinkFacts> {
  const { link, person } = await findLink(parts, token, null)
  const facts = { purpose: link.purpose, expiresAt: link.expires_at.toISOString() }
  if (person === null) return { ...facts, organisation: null, email: null, name: null, theme: plain }
  const { email, name } = await openPerson(parts, person)
  const organisation = await readOrganisationName(parts.context.database.queries, person.organisation_id)
  return { ...facts, organisation, email, name, theme: await themeOf(parts, person.organisation_id) }
}
