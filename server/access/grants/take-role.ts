import type { AssignmentRemove } from '@custodia/wire/http/access.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { administrator } from '../roles.ts'
import { readAssignment, removeAssignment } from './assignment-store.ts'
import type { Change } from './change.ts'
import { changing, requireRights, settle } from './change.ts'
import type { Parts } from './parts.ts'
import { requireAnotherAdministrator, sealedFor } from './subjects.ts'

/**
 * Takes a role from a subject. Nobody takes what they do not have: a member must not unmake an administrator.
 *
 * @throws Refusal ACCESS_ASSIGNMENT_UNKNOWN, ACCESS_NOT_YOURS_TO_GIVE, ACCESS_LAST_ADMINISTRATOR
 */
export async function takeRole(parts: Parts, by: Author, { subject, role, reason }: AssignmentRemove): Promise<void> {
  await changing(parts, by, async (change) => await unassign(parts, change, { subjectId: subject, role, reason }))
}

export async function unassign(
  parts: Parts,
  change: Change,
  { subjectId, role, reason }: { readonly subjectId: string; readonly role: string; readonly reason: string },
): Promise<void> {
  const { tx, organisationId, now, actor, table } = change
  const before = await readAssignment(tx, organisationId, { subjectId, role }, now)
  if (before === null) throw refuse('ACCESS_ASSIGNMENT_UNKNOWN')
  requireRights(change, table.roles.get(role)?.permissions ?? [], now)
  if (role === administrator && before.expires_at === null) await requireAnotherAdministrator(parts, change, subjectId)
  await removeAssignment(tx, organisationId, subjectId, role)
  await parts.context.recorder.record(
    tx,
    event('role.unassigned', {
      ...{ organisationId, actor, subjectId: sealedFor(subjectId) },
      data: { subject: subjectId, role },
      personal: { reason },
    }),
  )
  await settle(parts, change, [subjectId], { raised: false })
}
