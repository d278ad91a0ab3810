import type {
  Approvals,
  Assignments,
  Groups,
  Memberships,
  ReviewItems,
  Reviews,
  Roles,
  ServiceAccounts,
} from '@custodia/wire/http/access.ts'
import { refuse } from '../errors.ts'
import { rolesOfMachines } from '../roles.ts'
import { readApprovals } from './approval-store.ts'
import { readAssignments } from './assignment-store.ts'
import { pageOf, readCursor, readMoment, writeCursor, writeMoment } from './cursor.ts'
import { readGroup, readGroups, readMemberships } from './group-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { ItemKey } from './review-store.ts'
import { readItems, readReview, readReviews } from './review-store.ts'
import { readServiceAccounts } from './service-account-store.ts'
import {
  showApproval,
  showAssignment,
  showGroup,
  showItem,
  showMembership,
  showReview,
  showRole,
  showServiceAccount,
} from './show.ts'

/** @property limit 1 to 200; 100 unless said. */
export type Page = { readonly cursor?: string; readonly limit?: number }

const defaultLimit = 100

/** Roles that a person can be given, by name. */
export async function listRoles(parts: Parts, organisationId: string, page: Page): Promise<Roles> {
  const { limit = 200, cursor } = page
  const [after = ''] = readCursor(cursor, 1) ?? []
  const table = await parts.readTable(parts.context.database.queries, organisationId)
  const roles = [...table.roles.values()].filter(({ name }) => !rolesOfMachines.has(name) && name > after)
  const { items, next } = pageOf(roles, limit, ({ name }) => writeCursor(name))
  return { items: items.map(showRole), next }
}

export async function listGroups(parts: Parts, organisationId: string, page: Page): Promise<Groups> {
  const { limit = defaultLimit, cursor } = page
  const after = readMoment(cursor)
  const rows = await readGroups(parts.context.database.queries, organisationId, { after, limit: limit + 1 })
  const { items, next } = pageOf(rows, limit, ({ created_at: at, id }) => writeMoment({ at, id }))
  return { items: items.map(showGroup), next }
}

/** @throws Refusal ACCESS_GROUP_UNKNOWN */
export async function listMembers(
  parts: Parts,
  organisationId: string,
  groupId: string,
  page: Page,
): Promise<Memberships> {
  const { queries } = parts.context.database
  if ((await readGroup(queries, organisationId, groupId)) === null) throw refuse('ACCESS_GROUP_UNKNOWN')
  const { limit = defaultLimit, cursor } = page
  const [after = null] = readCursor(cursor, 1) ?? []
  const wanted = { of: { groupId }, after, limit: limit + 1 }
  const rows = await readMemberships(queries, organisationId, wanted, nowOf(parts))
  const { items, next } = pageOf(rows, limit, (last) => writeCursor(last.member_id))
  return { items: await Promise.all(items.map((row) => showMembership(parts, row))), next }
}

export type AssignmentFilter = Page & {
  readonly subject?: string
  readonly role?: string
  readonly expiring?: boolean
}

export async function listAssignments(
  parts: Parts,
  organisationId: string,
  { subject: subjectId, role, expiring, cursor, limit = defaultLimit }: AssignmentFilter,
): Promise<Assignments> {
  const place = readCursor(cursor, 2)
  const after = place === null ? null : ([place[0] as string, place[1] as string] as const)
  const wanted = { subjectId, role, expiring, after, limit: limit + 1 }
  const rows = await readAssignments(parts.context.database.queries, organisationId, wanted, nowOf(parts))
  const { items, next } = pageOf(rows, limit, (last) => writeCursor(last.subject_id, last.role))
  return { items: await Promise.all(items.map((row) => showAssignment(parts, row))), next }
}

export async function listServiceAccounts(parts: Parts, organisationId: string, page: Page): Promise<ServiceAccounts> {
  const { limit = defaultLimit, cursor } = page
  const after = readMoment(cursor)
  const rows = await readServiceAccounts(parts.context.database.queries, organisationId, { after, limit: limit + 1 })
  const { items, next } = pageOf(rows, limit, ({ created_at: at, id }) => writeMoment({ at, id }))
  return { items: items.map(showServiceAccount), next }
}

export async function listApprovals(
  parts: Parts,
  organisationId: string,
  { waiting = false, cursor, limit = defaultLimit }: Page & { readonly waiting?: boolean },
): Promise<Approvals> {
  const wanted = { waiting, after: readMoment(cursor), limit: limit + 1 }
  const rows = await readApprovals(parts.context.database.queries, organisationId, wanted, nowOf(parts))
  const { items, next } = pageOf(rows, limit, ({ asked_at: at, id }) => writeMoment({ at, id }))
  return { items: await Promise.all(items.map((row) => showApproval(parts, row))), next }
}

export async function listReviews(parts: Parts, organisationId: string, page: Page): Promise<Reviews> {
  const { limit = defaultLimit, cursor } = page
  const after = readMoment(cursor)
  const rows = await readReviews(parts.context.database.queries, organisationId, { after, limit: limit + 1 })
  const { items, next } = pageOf(rows, limit, ({ opened_at: at, id }) => writeMoment({ at, id }))
  return { items: items.map(showReview), next }
}

/** @throws Refusal ACCESS_REVIEW_UNKNOWN */
export async function listItems(
  parts: Parts,
  organisationId: string,
  reviewId: string,
  { cursor, limit = defaultLimit }: Page,
): Promise<ReviewItems> {
  const { queries } = parts.context.database
  if ((await readReview(queries, organisationId, reviewId)) === null) throw refuse('ACCESS_REVIEW_UNKNOWN')
  const [kind, subject_id = '', target = ''] = readCursor(cursor, 3) ?? []
  const after: ItemKey | null = kind === 'assignment' || kind === 'membership' ? { kind, subject_id, target } : null
  const rows = await readItems(queries, reviewId, { after, limit: limit + 1 })
  const { items, next } = pageOf(rows, limit, (last) => writeCursor(last.kind, last.subject_id, last.target))
  return { items: items.map(showItem), next }
}
