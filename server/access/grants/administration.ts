import type * as Wire from '@custodia/wire/http/access.ts'
import type { Operator } from '../author.ts'
import { refuse } from '../errors.ts'
import { giveRole } from './give-role.ts'
import { joinGroup, leaveGroup } from './join-group.ts'
import type { AssignmentFilter, Page } from './list.ts'
import {
  listApprovals,
  listAssignments,
  listGroups,
  listItems,
  listMembers,
  listReviews,
  listRoles,
  listServiceAccounts,
} from './list.ts'
import { openReview } from './open-review.ts'
import type { Parts } from './parts.ts'
import { readReview } from './review-store.ts'
import { showAssignment, showGroup, showMembership, showReview, showRole, showServiceAccount } from './show.ts'
import { takeRole } from './take-role.ts'
import { createGroup, deleteGroup } from './write-group.ts'
import { changeRole, createRole, deleteRole } from './write-role.ts'
import { changeServiceAccount, createServiceAccount } from './write-service-account.ts'

export type GrantsAdministration = ReturnType<typeof grantsAdministration>

/**
 * What the operator may do with roles, groups, assignments, service accounts and reviews of one organisation: the use cases of the API, by nobody in
 * particular. Rights bound nobody who has the keys of the installation; all else holds for them, too: marked roles stand still, the last
 * administrator stays. Where a second administrator is to agree they are refused (ACCESS_PERSON_NEEDED) unless they say `alone`. Every change
 * is in the ledger as done by the system, which gives no role and puts nobody in a group by itself.
 *
 * For the commands of whoever has the machine: no route leads here.
 */
export function grantsAdministration(parts: Parts, organisationId: string) {
  const by: Operator = { kind: 'operator', organisationId }
  const { queries } = parts.context.database
  return {
    roles: (page: Page) => listRoles(parts, organisationId, page),
    async role(name: string): Promise<Wire.Role> {
      const entry = (await parts.readTable(queries, organisationId)).roles.get(name)
      if (entry === undefined) throw refuse('ACCESS_ROLE_UNKNOWN', { role: name })
      return showRole(entry)
    },
    createRole: async (body: Wire.RoleCreate) => showRole(await createRole(parts, by, body)),
    changeRole: async (name: string, body: Wire.RoleChange) => showRole(await changeRole(parts, by, name, body)),
    deleteRole: (name: string) => deleteRole(parts, by, name),

    groups: (page: Page) => listGroups(parts, organisationId, page),
    members: (groupId: string, page: Page) => listMembers(parts, organisationId, groupId, page),
    createGroup: async (body: Wire.GroupCreate) => showGroup(await createGroup(parts, by, body)),
    deleteGroup: (groupId: string) => deleteGroup(parts, by, groupId),
    async add(groupId: string, body: Wire.MemberAdd, alone: boolean): Promise<Wire.Membership> {
      const joined = await joinGroup(parts, { ...by, alone }, groupId, body)
      return await showMembership(parts, notWaiting(joined).membership)
    },
    remove: (groupId: string, body: Wire.MemberRemove) => leaveGroup(parts, by, groupId, body),

    assignments: (filter: AssignmentFilter) => listAssignments(parts, organisationId, filter),
    async give(body: Wire.AssignmentCreate, alone: boolean): Promise<Wire.Assignment> {
      const given = await giveRole(parts, { ...by, alone }, body)
      return await showAssignment(parts, notWaiting(given).assignment)
    },
    take: (body: Wire.AssignmentRemove) => takeRole(parts, by, body),

    serviceAccounts: (page: Page) => listServiceAccounts(parts, organisationId, page),
    createServiceAccount: async (body: Wire.ServiceAccountCreate) =>
      showServiceAccount(await createServiceAccount(parts, by, body)),
    changeServiceAccount: async (id: string, body: Wire.ServiceAccountChange) =>
      showServiceAccount(await changeServiceAccount(parts, by, id, body)),

    approvals: (filter: Page & { readonly waiting?: boolean }) => listApprovals(parts, organisationId, filter),

    reviews: (page: Page) => listReviews(parts, organisationId, page),
    async review(id: string, page: Page): Promise<{ review: Wire.Review } & Wire.ReviewItems> {
      const row = await readReview(queries, organisationId, id)
      if (row === null) throw refuse('ACCESS_REVIEW_UNKNOWN')
      return { review: showReview(row), ...(await listItems(parts, organisationId, id, page)) }
    },
    openReview: async (body: Wire.ReviewOpen) => showReview(await openReview(parts, by, body)),
  }
}

/** Nobody waits in the operator's name: who would ask a second person must be a person. @throws Refusal ACCESS_PERSON_NEEDED */
function notWaiting<Result extends object>(result: Result): Exclude<Result, { readonly waits: unknown }> {
  if ('waits' in result) throw refuse('ACCESS_PERSON_NEEDED')
  return result as Exclude<Result, { readonly waits: unknown }>
}
