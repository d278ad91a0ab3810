import type { AssignmentCreate } from '@custodia/wire/http/access.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { administrator, rolesOfMachines } from '../roles.ts'
import type { ApprovalRow } from './approval-store.ts'
import { askForApproval } from './ask-for-approval.ts'
import type { AssignmentRow } from './assignment-store.ts'
import { readAssignment, writeAssignment } from './assignment-store.ts'
import type { Change } from './change.ts'
import { changing, requireGift, requireRights, settle } from './change.ts'
import type { RoleEntry } from './grants.ts'
import type { Parts } from './parts.ts'
import { sealReason } from './parts.ts'
import { expiryOf, requireAnotherAdministrator, requireSubject, sealedFor } from './subjects.ts'

/** An assignment as somebody wants it, checked for its form. */
export type Wanted = {
  readonly subjectId: string
  readonly role: string
  readonly until: Date | null
  readonly reason: string
}

export type Given = { readonly assignment: AssignmentRow } | { readonly waits: ApprovalRow }

/**
 * Assigns a role to a subject, or changes until when it is assigned. Of a privileged role it asks a second administrator in its place.
 *
 * @throws Refusal ACCESS_ROLE_UNKNOWN, ACCESS_SUBJECT_UNKNOWN, ACCESS_EXPIRY_PAST, ACCESS_NOT_YOURS_TO_GIVE, ACCESS_EXPIRY_TOO_LATE,
 * ACCESS_LAST_ADMINISTRATOR, ACCESS_PERSON_NEEDED, ACCESS_TOO_MANY
 */
export async function giveRole(parts: Parts, by: Author, body: AssignmentCreate): Promise<Given> {
  return await changing(parts, by, async (change) => {
    const { subject: subjectId, role, reason } = body
    const wanted = { subjectId, role, reason, until: expiryOf(body.expiresAt, change.now) }
    const { entry, before } = await check(parts, change, wanted)
    const longer =
      before === null || (before.expires_at !== null && (wanted.until === null || wanted.until > before.expires_at))
    if (entry.privileged && longer && !change.alone)
      return { waits: await askForApproval(parts, change, { ...wanted, kind: 'assignment', target: role }) }
    return { assignment: await assign(parts, change, wanted) }
  })
}

/** Assigns what was agreed to, or what nobody need agree to. Checks everything anew but whether somebody must. */
export async function assign(parts: Parts, change: Change, wanted: Wanted): Promise<AssignmentRow> {
  const { tx, organisationId, now, actor, by } = change
  const { subjectId, role, until, reason } = wanted
  const { before } = await check(parts, change, wanted)
  const row = {
    organisation_id: organisationId,
    subject_id: subjectId,
    role,
    assigned_at: now,
    expires_at: until,
    assigned_by: by?.id ?? null,
    reason_sealed: await sealReason(parts, organisationId, `${subjectId} ${role}`, reason),
  }
  await writeAssignment(tx, row)
  await parts.context.recorder.record(
    tx,
    event('role.assigned', {
      ...{ organisationId, actor, subjectId: sealedFor(subjectId) },
      data: { subject: subjectId, role, until: until?.toISOString() ?? null, changed: before !== null },
      personal: { reason },
    }),
  )
  await settle(parts, change, [subjectId], { raised: true })
  return row
}

async function check(
  parts: Parts,
  change: Change,
  { subjectId, role, until }: Wanted,
): Promise<{ entry: RoleEntry; before: AssignmentRow | null }> {
  const { tx, organisationId, now, table } = change
  const entry = table.roles.get(role)
  const forPeople = subjectId.startsWith('usr_') || subjectId.startsWith('grp_')
  if (entry === undefined || (forPeople && rolesOfMachines.has(role)))
    throw refuse('ACCESS_ROLE_UNKNOWN', { role: role.slice(0, 50) })
  if (until !== null && until <= now) throw refuse('ACCESS_EXPIRY_PAST')
  await requireSubject(parts, change, subjectId)
  requireRights(change, entry.permissions, until)
  await requireGift(parts, change, { roles: entry.closure })
  const before = await readAssignment(tx, organisationId, { subjectId, role }, now)
  if (role === administrator && before?.expires_at === null && until !== null)
    await requireAnotherAdministrator(parts, change, subjectId)
  return { entry, before }
}
