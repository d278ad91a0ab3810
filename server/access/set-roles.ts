import type { Clock } from '../platform/clock.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor, Recorder } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { requireRights } from './grants/change.ts'
import type { RoleTable } from './grants/grants.ts'
import { readRightsOf } from './grants/standing.ts'
import { lockOrganisation, raiseRevision } from './revision.ts'
import { administrator, rolesOfMachines } from './roles.ts'
import { addRoles, countOtherHolders, readRoles, removeRoles } from './store.ts'

export type RoleChange = {
  readonly organisationId: string
  readonly subjectId: string
  readonly roles: readonly string[]
  readonly by: Principal | null
  readonly actor: Actor
}

type Needs = {
  readonly readTable: (queries: Queries, organisationId: string) => Promise<RoleTable>
  readonly clock: Clock
  readonly recorder: Recorder
  readonly announce: (organisationId: string, subjectIds: readonly string[]) => Promise<void>
}

/** Replaces the roles that one subject has by itself and for good. See `Access.setRoles` for what it refuses. */
export async function setRoles(tx: Queries, change: RoleChange, needs: Needs): Promise<void> {
  const { organisationId, subjectId, by, actor } = change
  // Two who resign at once must not each count on the other, nor who gives on what is being taken from them.
  await lockOrganisation(tx, organisationId)
  const now = new Date(needs.clock.nowMs())
  const table = await needs.readTable(tx, organisationId)
  const unknown = change.roles.find((name) => !table.roles.has(name) || rolesOfMachines.has(name))
  if (unknown !== undefined) throw refuse('ACCESS_ROLE_UNKNOWN', { role: unknown.slice(0, 50) })
  const held = (await readRoles(tx, organisationId, [subjectId])).map((row) => row.role)
  const names = new Set(change.roles)
  const added = [...names].filter((name) => !held.includes(name)).sort()
  const removed = held.filter((name) => !names.has(name)).sort()
  if (added.length === 0 && removed.length === 0) return

  if (by !== null) {
    const permissionsOf = (roles: readonly string[]) =>
      roles.flatMap((name) => table.roles.get(name)?.permissions ?? [])
    const rights = await readRightsOf(tx, by, { now, table })
    // Neither give nor take what one does not hold: a member must not unmake an administrator.
    requireRights({ rights }, permissionsOf(added), null)
    requireRights({ rights }, permissionsOf(removed), now)
    const privileged = added.find((name) => table.roles.get(name)?.privileged)
    if (privileged !== undefined) throw refuse('ACCESS_APPROVAL_NEEDED', { role: privileged })
  }
  const others = { role: administrator, except: subjectId }
  if (removed.includes(administrator) && (await countOtherHolders(tx, organisationId, others)) === 0)
    throw refuse('ACCESS_LAST_ADMINISTRATOR')
  await removeRoles(tx, organisationId, subjectId, removed)
  await addRoles(tx, { organisationId, subjectId, by: by?.id ?? null, at: now }, added)
  await raiseRevision(tx, organisationId)
  const data = { subject: subjectId, added, removed }
  await needs.recorder.record(tx, event('roles.changed', { organisationId, actor, subjectId, data }))
  afterCommit(tx, () => needs.announce(organisationId, [subjectId]))
}
