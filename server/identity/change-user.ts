import type { UserChange } from '@custodia/wire/http/identity.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Asking } from '../platform/http/operator.ts'
import { actorFor, boundBy } from '../platform/http/operator.ts'
import { endAttemptsOf } from './attempts/store.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { deleteUnusedLinks } from './links/link-store.ts'
import type { Parts } from './parts.ts'
import { administrator, nowOf } from './parts.ts'
import type { PersonRow, State } from './store.ts'
import { lockOrganisation, readActiveIds, readMember, writeState } from './store.ts'

const pageSize = 200

/**
 * Changes the state or the roles of a person of one's own organisation. Disabling ends all their sessions at once;
 * other roles replace the cookies of those that are live.
 *
 * @returns the row as it is afterwards.
 * @throws Refusal IDENTITY_USER_UNKNOWN, IDENTITY_NOT_YOURS_TO_CHANGE, IDENTITY_LAST_ADMINISTRATOR, and what
 * `access.setRoles` refuses.
 */
export async function changeUser(parts: Parts, id: string, change: UserChange, by: Asking): Promise<PersonRow> {
  const { organisationId } = by
  const work = () =>
    parts.context.database.transaction(async (tx) => {
      await lockOrganisation(tx, organisationId)
      const row = await readMember(tx, organisationId, id)
      if (row === null) throw refuse('IDENTITY_USER_UNKNOWN')
      const held = await rolesOf(parts, organisationId, id)
      await parts.access.lock(tx, organisationId)
      await requireNoLess(parts, tx, by, id)

      const roles = change.roles ?? held
      if (change.roles !== undefined) {
        await parts.access.setRoles(tx, { organisationId, subjectId: id, roles, by: boundBy(by), actor: actorFor(by) })
        await renewSessions(parts, tx, row, { before: held, after: roles })
      }
      const state = await changeState(parts, tx, row, change.state, by)
      const administers = (state: State, roles: readonly string[]) =>
        state === 'active' && roles.includes(administrator)
      if (administers(row.state, held) && !administers(state, roles) && !(await anotherAdministrator(parts, tx, row)))
        throw refuse('IDENTITY_LAST_ADMINISTRATOR')
      parts.people.changed(tx, id)
      return { ...row, state }
    })
  return await parts.changes.run(work, () => refuse('IDENTITY_BUSY', { retryAfterSeconds: 2 }))
}

/** A change of privilege: no cookie from before it stays, and whoever may do more than before proves anew who they are. */
async function renewSessions(
  { access, sessions }: Parts,
  tx: Queries,
  { id: userId, organisation_id: organisationId }: PersonRow,
  { before, after }: { readonly before: readonly string[]; readonly after: readonly string[] },
): Promise<void> {
  if (new Set(before).symmetricDifference(new Set(after)).size === 0) return
  const permissionsOf = async (roles: readonly string[]) => await access.permissionsOfRoles(tx, organisationId, roles)
  const raised = !(await permissionsOf(after)).isSubsetOf(await permissionsOf(before))
  await sessions.rotateAll(tx, { organisationId, userId }, { raised })
}

async function changeState(
  parts: Parts,
  tx: Queries,
  row: PersonRow,
  wanted: UserChange['state'],
  by: Asking,
): Promise<State> {
  const { id, organisation_id: organisationId } = row
  const about = { organisationId, actor: actorFor(by), subjectId: id, data: { user: id } }
  if (wanted === 'disabled' && row.state !== 'disabled') {
    await writeState(tx, id, 'disabled')
    await deleteUnusedLinks(tx, { personId: id })
    await endAttemptsOf(tx, id, nowOf(parts))
    await parts.context.recorder.record(tx, event('user.disabled', about))
    await parts.sessions.endAll(tx, { organisationId, userId: id }, 'disabled', actorFor(by))
    return 'disabled'
  }
  if (wanted === 'active' && row.state === 'disabled') {
    // Whoever never chose a password goes back to being invited, and needs a new link.
    const state = row.password === null ? 'invited' : 'active'
    await writeState(tx, id, state)
    await parts.context.recorder.record(tx, event('user.enabled', about))
    return state
  }
  return row.state
}

/** Nobody unmakes or locks out somebody who may do more than they may themselves, by whatever way they may. */
export async function requireNoLess({ access }: Parts, tx: Queries, by: Asking, id: string): Promise<void> {
  const bound = boundBy(by)
  if (bound !== null && (await access.exceeds(tx, bound, id)) !== null) throw refuse('IDENTITY_NOT_YOURS_TO_CHANGE')
}

/** Those that they have by themselves and for good, as committed, not as remembered: every change of roles and states waits for the organisation's lock. */
export async function rolesOf({ access }: Parts, organisationId: string, id: string): Promise<readonly string[]> {
  return (await access.rolesOfMany(organisationId, [id])).get(id) ?? []
}

async function anotherAdministrator({ access }: Parts, tx: Queries, row: PersonRow): Promise<boolean> {
  const { organisation_id: organisationId, id } = row
  for (let after = ''; ; ) {
    const ids = await readActiveIds(tx, organisationId, after, pageSize)
    const roles = await access.rolesOfMany(organisationId, ids)
    if (ids.some((one) => one !== id && roles.get(one)?.includes(administrator))) return true
    if (ids.length < pageSize) return false
    after = ids.at(-1) as string
  }
}
