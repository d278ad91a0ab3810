import type { Clock } from '../platform/clock.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor, Recorder } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Role } from './api.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { administrator, rolesOfMachines } from './roles.ts'
import { addRoles, countOtherHolders, lockHolders, readRoles, removeRoles } from './store.ts'

export type RoleChange = {
  readonly organisationId: string
  readonly subjectId: string
  readonly roles: readonly string[]
  readonly by: Principal | null
  readonly actor: Actor
}

type Needs = {
  readonly roles: readonly Role[]
  readonly clock: Clock
  readonly recorder: Recorder
  readonly permissionsOf: (principal: Principal) => readonly string[]
  readonly announce: (subjectId: string) => Promise<void>
}

/** Replaces the roles of one subject. See `Access.setRoles` for what it refuses. */
export async function setRoles(tx: Queries, change: RoleChange, needs: Needs): Promise<void> {
  const wanted = change.roles.map((name) => {
    const role = needs.roles.find((one) => one.name === name)
    if (role === undefined || rolesOfMachines.has(name))
      throw refuse('ACCESS_ROLE_UNKNOWN', { role: name.slice(0, 50) })
    return role
  })
  const held = (await readRoles(tx, change.organisationId, [change.subjectId])).map((row) => row.role)
  const names = new Set(change.roles)
  const added = [...names].filter((name) => !held.includes(name)).sort()
  const removed = held.filter((name) => !names.has(name)).sort()
  if (added.length === 0 && removed.length === 0) return

  if (change.by !== null) {
    // Neither give nor take what one does not hold: a member must not unmake an administrator.
    const own = new Set(needs.permissionsOf(change.by))
    const touched = [...wanted, ...needs.roles.filter((role) => removed.includes(role.name))]
    const missing = touched
      .filter((role) => added.includes(role.name) || removed.includes(role.name))
      .flatMap((role) => role.permissions)
      .find((permission) => !own.has(permission))
    if (missing !== undefined) throw refuse('ACCESS_NOT_YOURS_TO_GIVE', { permission: missing })
  }
  if (removed.includes(administrator)) {
    // Two who resign at once must not each count on the other.
    await lockHolders(tx, change.organisationId)
    if ((await countOtherHolders(tx, change.organisationId, administrator, change.subjectId)) === 0)
      throw refuse('ACCESS_LAST_ADMINISTRATOR')
  }
  await removeRoles(tx, change.organisationId, change.subjectId, removed)
  await addRoles(tx, change.organisationId, change.subjectId, added, new Date(needs.clock.nowMs()))
  await needs.recorder.record(
    tx,
    event('roles.changed', {
      organisationId: change.organisationId,
      actor: change.actor,
      subjectId: change.subjectId,
      data: { subject: change.subjectId, added, removed },
    }),
  )
  afterCommit(tx, () => needs.announce(change.subjectId))
}
