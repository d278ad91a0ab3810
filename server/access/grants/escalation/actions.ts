import type { UserPrincipal } from '../../../platform/http/principal.ts'
import { endReview } from '../close-review.ts'
import { approve, askToUnmark, refuseApproval } from '../decide-approval.ts'
import { decideReview } from '../decide-review.ts'
import { giveRole } from '../give-role.ts'
import { joinGroup, leaveGroup } from '../join-group.ts'
import { openReview } from '../open-review.ts'
import { takeRole } from '../take-role.ts'
import type { GrantsProcess } from '../testing.ts'
import { reason } from '../testing.ts'
import { createGroup, deleteGroup } from '../write-group.ts'
import { changeRole, createRole, deleteRole } from '../write-role.ts'
import { changeServiceAccount, createServiceAccount, deleteServiceAccount } from '../write-service-account.ts'
import type { Dice } from './random.ts'
import type { Snapshot } from './snapshot.ts'

/** One administrative act of somebody, as the route would let it through to its use case. */
export type Action = {
  readonly what: string
  readonly by: UserPrincipal
  /** What the route asks for. */
  readonly permission: string
  run(): Promise<unknown>
}

type Place = GrantsProcess & {
  readonly snapshot: Snapshot
  readonly people: readonly string[]
  readonly roles: readonly string[]
  readonly permissions: readonly string[]
}

/** Everything that `by` could try here: each kind of act, with every subject and target, and chance where there are too many. */
export function actionsOf(place: Place, by: UserPrincipal, chance: Dice): Action[] {
  const { parts, snapshot } = place
  const act = (permission: string, what: string, run: () => Promise<unknown>): Action => ({
    ...{ by, what: `${by.id.slice(0, 8)} ${what}`, permission: `access:${permission}`, run },
  })
  return [
    ...onRoles(place, by, chance, act),
    ...onGroups(place, by, chance, act),
    ...onAssignments(place, by, chance, act),
    ...snapshot.approval
      .filter((row) => row.outcome === null)
      .flatMap(({ id }) => [
        act('approvals:write', `approves ${id}`, () => approve(parts, by, id)),
        act('approvals:write', `refuses ${id}`, () => refuseApproval(parts, by, id)),
      ]),
    ...onReviews(place, by, chance, act),
    ...onServiceAccounts(place, by, act),
  ]
}

type Act = (permission: string, what: string, run: () => Promise<unknown>) => Action

function onRoles({ parts, snapshot, roles, permissions }: Place, by: UserPrincipal, chance: Dice, act: Act): Action[] {
  const content = () => ({
    permissions: chance.some(permissions, 0.3),
    includes: chance.some(roles, 0.2),
    privileged: chance.chance(0.2),
  })
  const made = [content(), content(), { ...content(), permissions: [] }, { ...content(), includes: [] }]
  return [
    ...made.map((body) =>
      act('roles:write', `makes a role ${JSON.stringify(body)}`, () =>
        createRole(parts, by, { name: `made-${snapshot.role.length}`, summary: 'x', ...body }),
      ),
    ),
    ...snapshot.role.flatMap(({ name, permissions: own, includes }) => [
      ...[
        content(),
        { permissions: [...own, chance.pick(permissions)] },
        { includes: [...includes, chance.pick(roles)] },
        { privileged: chance.chance(0.5) },
      ].map((body) =>
        act('roles:write', `changes ${name} ${JSON.stringify(body)}`, () => changeRole(parts, by, name, body)),
      ),
      act('roles:write', `deletes ${name}`, () => deleteRole(parts, by, name)),
      act('roles:write', `asks to unmark ${name}`, () => askToUnmark(parts, by, name, reason)),
    ]),
  ]
}

function onGroups({ parts, snapshot, people, context }: Place, by: UserPrincipal, chance: Dice, act: Act): Action[] {
  const groups = snapshot.group_of_subjects.map((row) => row.id)
  const members = [...people, ...groups, ...snapshot.service_account.map((row) => row.id)]
  return [
    act('groups:write', 'makes a group', () => createGroup(parts, by, { name: `made-${groups.length}` })),
    ...groups.flatMap((group) => [
      act('groups:write', `deletes ${group}`, () => deleteGroup(parts, by, group)),
      ...members.map((member) => {
        const expiresAt = expiry(context.clock.nowMs(), chance)
        return act('groups:write', `puts ${member} in ${group} until ${expiresAt}`, () =>
          joinGroup(parts, by, group, { member, expiresAt, reason }),
        )
      }),
    ]),
    ...snapshot.membership.map(({ group_id: group, member_id: member }) =>
      act('groups:write', `takes ${member} out of ${group}`, () => leaveGroup(parts, by, group, { member, reason })),
    ),
  ]
}

function onAssignments(
  { access, parts, snapshot, people, roles, context }: Place,
  by: UserPrincipal,
  chance: Dice,
  act: Act,
): Action[] {
  const groups = snapshot.group_of_subjects.map((row) => row.id)
  const subjects = [...people, ...groups, ...snapshot.service_account.map((row) => row.id), 'inbox']
  const { organisationId } = by
  return [
    ...subjects.flatMap((subject) =>
      chance.some(roles, 0.5).map((role) => {
        const expiresAt = expiry(context.clock.nowMs(), chance)
        return act('assignments:write', `gives ${role} to ${subject} until ${expiresAt}`, () =>
          giveRole(parts, by, { subject, role, expiresAt, reason }),
        )
      }),
    ),
    ...snapshot.assignment.map(({ subject_id: subject, role }) =>
      act('assignments:write', `takes ${role} from ${subject}`, () => takeRole(parts, by, { subject, role, reason })),
    ),
    // As identity does it, behind a permission of its own that everybody here may have.
    ...people.map((subjectId) => {
      const wanted = chance.some(roles, 0.3)
      return act('assignments:write', `sets the roles of ${subjectId} to ${wanted}`, () =>
        context.database.transaction((tx) =>
          access.setRoles(tx, { organisationId, subjectId, roles: wanted, by, actor: { kind: 'user', id: by.id } }),
        ),
      )
    }),
  ]
}

function onReviews({ parts, snapshot, roles, context }: Place, by: UserPrincipal, chance: Dice, act: Act): Action[] {
  const open = snapshot.review.filter((row) => row.closed_at === null).map((row) => row.id)
  const dueAt = new Date(context.clock.nowMs() + 60_000).toISOString()
  return [
    ...(['keep', 'remove'] as const).flatMap((undecided) =>
      [{}, { role: chance.pick(roles) }].map((scope) =>
        act('reviews:write', `opens a review, ${undecided} ${JSON.stringify(scope)}`, () =>
          openReview(parts, by, { name: 'x', dueAt, undecided, ...scope }),
        ),
      ),
    ),
    ...open.map((id) => act('reviews:write', `ends ${id}`, () => endReview(parts, by, id))),
    ...snapshot.review_item
      .filter((row) => open.includes(row.review_id))
      .map(({ review_id: id, kind, subject_id: subject, target }) => {
        const decision = chance.chance(0.8) ? 'remove' : 'keep'
        return act('reviews:write', `decides ${decision} of ${subject} ${target}`, () =>
          decideReview(parts, by, id, { kind: kind as 'assignment', subject, target, decision }),
        )
      }),
  ]
}

const onServiceAccounts = ({ parts, snapshot }: Place, by: UserPrincipal, act: Act): Action[] => [
  act('service-accounts:write', 'makes a service account', () =>
    createServiceAccount(parts, by, { name: `made-${snapshot.service_account.length}` }),
  ),
  ...snapshot.service_account.flatMap(({ id, disabled_at }) => [
    act('service-accounts:write', `deletes ${id}`, () => deleteServiceAccount(parts, by, id)),
    act('service-accounts:write', `turns ${id}`, () =>
      changeServiceAccount(parts, by, id, { disabled: disabled_at === null }),
    ),
  ]),
]

const expiry = (nowMs: number, chance: Dice): string | null =>
  chance.chance(0.4) ? null : new Date(nowMs + (1 + chance.below(4)) * 60_000).toISOString()
