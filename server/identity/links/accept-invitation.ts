import type { AcceptInvitation } from '@custodia/wire/http/identity.ts'
import type { Entrance, Progressed } from '../complete-sign-in.ts'
import { completeSignIn } from '../complete-sign-in.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf, place } from '../parts.ts'
import { requireFit } from '../passwords/require-fit.ts'
import { judge } from '../policy/judge.ts'
import { openPerson } from '../show-user.ts'
import { activatePerson, readOrganisationName } from '../store.ts'
import { findLink } from './find-link.ts'
import { useLink } from './link-store.ts'

/**
 * Makes an invited person active with the password that they chose, and signs them in.
 *
 * @throws Refusal IDENTITY_LINK_INVALID, IDENTITY_PASSWORD_UNFIT: the link still works after the latter.
 */
export async function acceptInvitation(
  parts: Parts,
  { token, name, password }: AcceptInvitation,
  entrance: Entrance,
): Promise<Progressed> {
  const { database, recorder } = parts.context
  const { link, person: invited } = await findLink(parts, token, ['invitation'])
  if (invited === null) throw refuse('IDENTITY_LINK_INVALID')
  const { id, organisation_id: organisationId } = invited
  const { email } = await openPerson(parts, invited)
  const organisation = await readOrganisationName(database.queries, organisationId)
  await requireFit(parts, 'body.password', password, { email, organisation, organisationId })
  const hash = await parts.hasher.hash(password)
  const factors = ['password'] as const
  const { decision } = await judge(parts, invited, factors, false)
  const nameSealed = await parts.keyring.seal(place({ organisationId, id }, 'name'), name)

  return await database.transaction(async (tx) => {
    if (!(await useLink(tx, link.token_hash, 'invitation', nowOf(parts)))) throw refuse('IDENTITY_LINK_INVALID')
    const person = await activatePerson(tx, { id, nameSealed, password: hash }, nowOf(parts))
    if (person === null) throw refuse('IDENTITY_LINK_INVALID')
    const actor = { kind: 'user', id } as const
    await recorder.record(tx, event('user.activated', { organisationId, actor, subjectId: id, data: { user: id } }))
    return await completeSignIn(parts, tx, person, { factors, decision, attempt: null, raised: false }, entrance)
  })
}
