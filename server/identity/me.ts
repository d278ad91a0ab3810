import type { Me } from '@custodia/wire/http/identity.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { showUser } from './show-user.ts'
import { readOrganisationName, readPerson } from './store.ts'

/** Who is asking, what they may do, and until when. */
export async function me(parts: Parts, principal: UserPrincipal): Promise<Me> {
  const { queries } = parts.context.database
  const { id, organisationId, sessionId, factors, roles } = principal
  const [row, name, permissions, expiry] = await Promise.all([
    readPerson(queries, id),
    readOrganisationName(queries, organisationId),
    parts.access.permissionsOf(principal),
    parts.sessions.expiry(sessionId),
  ])
  if (row === null) throw refuse('IDENTITY_USER_UNKNOWN')
  return {
    user: await showUser(parts, row, roles),
    organisation: { id: organisationId, name },
    permissions: [...permissions],
    hasMailbox: parts.mail.hasMailbox,
    // It may have ended while this was read.
    session: { id: sessionId, expiresAt: (expiry ?? nowOf(parts)).toISOString(), factors: [...factors] },
  }
}
