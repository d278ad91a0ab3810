import type { PasswordChange } from '@custodia/wire/http/identity.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { UserPrincipal } from '../platform/http/principal.ts'
import { endAttemptsOf } from './attempts/store.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { deleteUnusedLinks } from './links/link-store.ts'
import { notify } from './notices/notify.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { requireFit } from './passwords/require-fit.ts'
import { openPerson } from './show-user.ts'
import { readOrganisationName, readPerson, writePassword } from './store.ts'

/**
 * Changes one's own password, and ends every other session of this person: whoever else is in is out.
 *
 * @throws Refusal IDENTITY_CREDENTIALS_WRONG where the current one is wrong, IDENTITY_TOO_MANY_TRIES, IDENTITY_PASSWORD_UNFIT.
 */
export async function changePassword(
  parts: Parts,
  { current, next }: PasswordChange,
  principal: UserPrincipal,
  { address }: RequestHead,
): Promise<void> {
  const { database, recorder } = parts.context
  const { id, organisationId, sessionId } = principal
  const about = { organisationId, actor: { kind: 'user', id } as const, subjectId: id }
  const wrong = () => {
    recorder.note(event('password.change-refused', { ...about, data: {}, personal: { address } }))
    return refuse('IDENTITY_CREDENTIALS_WRONG', { field: 'body.current' })
  }
  const place = parts.hasher.claim()
  const row = await parts.guesses
    .spend(id, address)
    .then(() => readPerson(database.queries, id))
    .finally(place.leave)
  const verified = await parts.hasher.verify(current, row?.password ?? null)
  if (row === null || row.password === null || !verified) throw wrong()
  await parts.guesses.forgive(id, address)

  const { email } = await openPerson(parts, row)
  const organisation = await readOrganisationName(database.queries, organisationId)
  await requireFit(parts, 'body.next', next, { email, organisation, organisationId })
  const proven = { id, verified: row.password, next: await parts.hasher.hash(next) }
  const changed = await database.transaction(async (tx) => {
    if (!(await writePassword(tx, proven, nowOf(parts)))) return false
    await recorder.record(tx, event('password.changed', { ...about, data: {} }))
    await endAttemptsOf(tx, id, nowOf(parts))
    await deleteUnusedLinks(tx, { personId: id, purposes: ['recovery'] })
    await notify(parts, tx, row, 'password-changed', { address })
    const others = { organisationId, userId: id, exceptSessionId: sessionId }
    await parts.sessions.endAll(tx, others, 'password-changed', about.actor)
    return true
  })
  if (!changed) throw wrong()
}
