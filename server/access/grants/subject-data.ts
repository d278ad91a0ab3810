import type { SubjectData } from '../../platform/module.ts'
import { event } from '../events.ts'
import { lockOrganisation } from '../revision.ts'
import { removeApprovalsOf } from './approval-store.ts'
import { readAssignments, removeAssignmentsOf } from './assignment-store.ts'
import { settle } from './change.ts'
import { readMemberships, removeMembershipsOf } from './group-store.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { removeItemsOf } from './review-store.ts'
import { showAssignment, showMembership } from './show.ts'

/** As many of each as one person can sensibly have. */
const max = 10_000

/** What somebody may do, and why: their roles and groups. Erasing takes all of it, and what still waited or was looked at. */
export function subjectData(parts: Parts): SubjectData {
  const { database, recorder } = parts.context
  return {
    async export(organisationId, subjectId) {
      const { queries } = database
      const page = { after: null, limit: max }
      const assignments = await readAssignments(queries, organisationId, { subjectId, ...page }, nowOf(parts))
      const memberships = await readMemberships(
        queries,
        organisationId,
        { of: { memberId: subjectId }, ...page },
        nowOf(parts),
      )
      return {
        assignments: await Promise.all(assignments.map((row) => showAssignment(parts, row))),
        memberships: await Promise.all(memberships.map((row) => showMembership(parts, row))),
      }
    },
    async erase(tx, organisationId, subjectId) {
      await lockOrganisation(tx, organisationId)
      const roles = await removeAssignmentsOf(tx, organisationId, subjectId)
      const groups = await removeMembershipsOf(tx, organisationId, subjectId)
      await removeApprovalsOf(tx, organisationId, subjectId)
      await removeItemsOf(tx, subjectId)
      if (roles.length === 0 && groups.length === 0) return
      const data = { subject: subjectId, roles: roles.slice(0, 100), groups: groups.slice(0, 100) }
      await recorder.record(tx, event('subject.erased', { organisationId, actor: { kind: 'system' }, data }))
      await settle(parts, { tx, organisationId }, [subjectId], { raised: false })
    },
  }
}
