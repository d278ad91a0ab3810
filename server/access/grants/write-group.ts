import type { GroupChange, GroupCreate } from '@custodia/wire/http/access.ts'
import { newId } from '../../platform/random.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { removeAssignmentsOf } from './assignment-store.ts'
import type { Change } from './change.ts'
import { changing, requireRights, settle } from './change.ts'
import type { GroupRow } from './group-store.ts'
import {
  countGroups,
  insertGroup,
  readGroup,
  readGroupByName,
  removeGroup,
  removeMembershipsOf,
  updateGroup,
} from './group-store.ts'
import type { Parts } from './parts.ts'
import { readRights } from './standing.ts'

const maxGroups = 5_000

/** Makes a group, which has nobody in it and nothing. @throws Refusal ACCESS_NAME_TAKEN, ACCESS_TOO_MANY */
export async function createGroup(parts: Parts, by: Author, body: GroupCreate): Promise<GroupRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    if ((await countGroups(tx, organisationId)) >= maxGroups)
      throw refuse('ACCESS_TOO_MANY', { what: 'groups', max: maxGroups })
    const { name, description = '' } = body
    const row = {
      id: newId('grp', parts.context.random),
      ...{ organisation_id: organisationId, name, description, created_at: now },
    }
    if (!(await insertGroup(tx, row))) throw refuse('ACCESS_NAME_TAKEN')
    const data = { group: row.id, name }
    await parts.context.recorder.record(tx, event('group.created', { organisationId, actor, data }))
    await settle(parts, change, [], { raised: false })
    return row
  })
}

/** Renames or describes a group. @throws Refusal ACCESS_GROUP_UNKNOWN, ACCESS_NAME_TAKEN */
export async function changeGroup(parts: Parts, by: Author, id: string, body: GroupChange): Promise<GroupRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, actor } = change
    const row = { ...(await requireGroup(change, id)), ...body }
    const other = await readGroupByName(tx, organisationId, row.name)
    if (other !== null && other.id !== id) throw refuse('ACCESS_NAME_TAKEN')
    await updateGroup(tx, organisationId, row)
    const data = { group: id, name: row.name }
    await parts.context.recorder.record(tx, event('group.changed', { organisationId, actor, data }))
    await settle(parts, change, [], { raised: false })
    return row
  })
}

/**
 * Takes a group, its memberships and its assignments: everybody in it loses what it has.
 *
 * @throws Refusal ACCESS_GROUP_UNKNOWN, ACCESS_NOT_YOURS_TO_GIVE
 */
export async function deleteGroup(parts: Parts, by: Author, id: string): Promise<void> {
  await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor, table } = change
    await requireGroup(change, id)
    const rights = await readRights(tx, { organisationId, subjectId: id, now, table })
    requireRights(change, rights.keys(), now)
    // Told of while it is known who is in it.
    await settle(parts, change, [id], { raised: false })
    const roles = await removeAssignmentsOf(tx, organisationId, id)
    const groups = await removeMembershipsOf(tx, organisationId, id)
    await removeGroup(tx, organisationId, id)
    const data = { group: id, roles: roles.slice(0, 100), groups: groups.slice(0, 100) }
    await parts.context.recorder.record(tx, event('group.deleted', { organisationId, actor, data }))
  })
}

/** @throws Refusal ACCESS_GROUP_UNKNOWN */
export async function requireGroup({ tx, organisationId }: Change, id: string): Promise<GroupRow> {
  const row = await readGroup(tx, organisationId, id)
  if (row === null) throw refuse('ACCESS_GROUP_UNKNOWN')
  return row
}
