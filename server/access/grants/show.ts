import type {
  Approval,
  Assignment,
  Group,
  Membership,
  Review,
  ReviewItem,
  Role,
  ServiceAccount,
} from '@custodia/wire/http/access.ts'
import type { ApprovalRow } from './approval-store.ts'
import type { AssignmentRow } from './assignment-store.ts'
import type { RoleEntry } from './grants.ts'
import type { GroupRow, MembershipRow } from './group-store.ts'
import type { Parts } from './parts.ts'
import { openReason } from './parts.ts'
import type { ReviewItemRow, ReviewRow } from './review-store.ts'
import type { ServiceAccountRow } from './service-account-store.ts'

const instant = (at: Date | null): string | null => at?.toISOString() ?? null

export const showRole = ({ closure: _, ...role }: RoleEntry): Role => ({
  ...role,
  permissions: [...role.permissions],
  ownPermissions: [...role.ownPermissions],
  includes: [...role.includes],
})

export const showGroup = ({ id, name, description, created_at }: GroupRow): Group => ({
  ...{ id, name, description },
  createdAt: created_at.toISOString(),
})

export const showServiceAccount = (row: ServiceAccountRow): ServiceAccount => ({
  ...{ id: row.id, name: row.name, description: row.description },
  disabled: row.disabled_at !== null,
  createdAt: row.created_at.toISOString(),
})

export async function showAssignment(parts: Parts, row: AssignmentRow): Promise<Assignment> {
  const { organisation_id: organisationId, subject_id: subject, role } = row
  return {
    ...{ subject, role },
    assignedAt: row.assigned_at.toISOString(),
    expiresAt: instant(row.expires_at),
    assignedBy: row.assigned_by,
    reason: await openReason(parts, organisationId, `${subject} ${role}`, row.reason_sealed),
  }
}

export async function showMembership(parts: Parts, row: MembershipRow): Promise<Membership> {
  const { organisation_id: organisationId, group_id: group, member_id: member } = row
  return {
    ...{ group, member },
    addedAt: row.added_at.toISOString(),
    expiresAt: instant(row.expires_at),
    addedBy: row.added_by,
    reason: await openReason(parts, organisationId, `${group} ${member}`, row.reason_sealed),
  }
}

export async function showApproval(parts: Parts, row: ApprovalRow): Promise<Approval> {
  return {
    ...{ id: row.id, kind: row.kind, subject: row.subject_id, target: row.target, until: instant(row.until) },
    reason: (await openReason(parts, row.organisation_id, row.id, row.reason_sealed)) ?? '',
    ...{ askedBy: row.asked_by, askedAt: row.asked_at.toISOString(), expiresAt: row.expires_at.toISOString() },
    ...{ outcome: row.outcome, decidedBy: row.decided_by, decidedAt: instant(row.decided_at) },
  }
}

export const showReview = (row: ReviewRow): Review => ({
  ...{ id: row.id, name: row.name, undecided: row.undecided, openedBy: row.opened_by },
  ...{ openedAt: row.opened_at.toISOString(), dueAt: row.due_at.toISOString(), closedAt: instant(row.closed_at) },
})

export const showItem = (row: ReviewItemRow): ReviewItem => ({
  ...{ kind: row.kind, subject: row.subject_id, target: row.target, givenAt: row.given_at.toISOString() },
  ...{ decision: row.decision, decidedBy: row.decided_by, decidedAt: instant(row.decided_at), outcome: row.outcome },
})
