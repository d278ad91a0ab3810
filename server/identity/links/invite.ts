import type { Invite } from '@custodia/wire/http/identity.ts'
import type { Queries } from '../../platform/database/database.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor, boundBy } from '../../platform/http/operator.ts'
import { createPerson, normalised } from '../create-person.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { emailIndex, place } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { readByEmail, writeName } from '../store.ts'
import { deleteUnusedLinks } from './link-store.ts'
import { makeLink } from './one-time-link.ts'

export type Invitation = { readonly person: PersonRow; readonly link: string; readonly expiresAt: Date }

/**
 * Invites a person, or invites one again who has not accepted yet: the earlier link then stops working.
 *
 * @throws Refusal IDENTITY_EMAIL_INVALID, IDENTITY_EMAIL_TAKEN, and what `access.setRoles` refuses.
 */
export async function invite(parts: Parts, body: Invite, by: Asking): Promise<Invitation> {
  const { database, recorder } = parts.context
  const { organisationId } = by
  const actor = actorFor(by)
  const { email, name, roles } = body
  const index = await emailIndex(parts, normalised(email))
  return await database.transaction(async (tx) => {
    const known = await readByEmail(tx, index)
    const person =
      known === null
        ? await createPerson(parts, tx, { organisationId, email, name, password: null, roles, by: boundBy(by), actor })
        : await inviteAgain(parts, tx, known, body, by)
    const invited = { user: person.id, roles: [...roles] }
    await recorder.record(
      tx,
      event('user.invited', {
        organisationId,
        actor,
        subjectId: person.id,
        data: invited,
        personal: { email, name },
      }),
    )
    const link = { purpose: 'invitation', personId: person.id, organisationId, actor } as const
    return { person, ...(await makeLink(parts, tx, link)) }
  })
}

async function inviteAgain(
  parts: Parts,
  tx: Queries,
  known: PersonRow,
  { name, roles }: Invite,
  by: Asking,
): Promise<PersonRow> {
  const { organisationId } = by
  if (known.organisation_id !== organisationId || known.state !== 'invited')
    throw refuse('IDENTITY_EMAIL_TAKEN', { field: 'body.email' })
  const nameSealed = await parts.keyring.seal(place({ organisationId, id: known.id }, 'name'), name)
  await writeName(tx, known.id, nameSealed)
  await parts.access.setRoles(tx, { organisationId, subjectId: known.id, roles, by: boundBy(by), actor: actorFor(by) })
  await deleteUnusedLinks(tx, { personId: known.id })
  return { ...known, name_sealed: nameSealed }
}
