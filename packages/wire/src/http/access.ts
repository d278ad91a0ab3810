import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Id, Instant, Line, NextCursor } from './common.ts'

/** A person, a service account, a group, or an application by its name. */
export const Subject = Type.String({ pattern: '^(?:(?:usr|svc|grp)_[a-z2-7]{26}|[a-z][a-z0-9-]{0,49})$' })
export const RoleName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,49}$' })
/** An exact name, as in `inbox:mailbox:read`; no pattern. */
const Permission = Type.String({ pattern: '^[a-z0-9][a-z0-9:.-]{0,99}$' })
/** Why a right is given or taken. It is sealed. */
const Reason = Line(500)
const Description = Type.Union([Type.Literal(''), Line(500)])
const Until = Type.Union([Instant, Type.Null()])
const OrNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()])

export const Role = Type.Object({
  name: Type.String(),
  summary: Type.String(),
  /** Everything that it gives, what it includes counted in. */
  permissions: Type.Array(Type.String()),
  /** Its own alone. */
  ownPermissions: Type.Array(Type.String()),
  includes: Type.Array(Type.String()),
  /** True where giving it waits for a second administrator. */
  privileged: Type.Boolean(),
  /** True where the role itself is marked privileged. */
  marked: Type.Boolean(),
  /** Everybody's, or this organisation's own. */
  from: Type.Union([Type.Literal('configuration'), Type.Literal('organisation')]),
})
export type Role = Static<typeof Role>

/** `GET /v1/roles?cursor=&limit=`: those that a person can be given, by name. Needs `access:roles:read`. */
export const Roles = Type.Object({ items: Type.Array(Role), next: NextCursor })
export type Roles = Static<typeof Roles>

const roleContent = {
  permissions: Type.Optional(Type.Array(Permission, { maxItems: 500, uniqueItems: true })),
  includes: Type.Optional(Type.Array(RoleName, { maxItems: 50, uniqueItems: true })),
  privileged: Type.Optional(Type.Boolean()),
}

/** `POST /v1/roles`: needs `access:roles:write`. */
export const RoleCreate = Type.Object({ name: RoleName, summary: Line(200), ...roleContent }, closed)
export type RoleCreate = Static<typeof RoleCreate>

/** `PATCH /v1/roles/:name`: what is said replaces what was. */
export const RoleChange = Type.Object({ summary: Type.Optional(Line(200)), ...roleContent }, closed)
export type RoleChange = Static<typeof RoleChange>

/** `POST /v1/roles/:name/unmark`: a second administrator is asked. */
export const RoleUnmark = Type.Object({ reason: Reason }, closed)
export type RoleUnmark = Static<typeof RoleUnmark>

export const Group = Type.Object({
  id: Id('grp'),
  name: Type.String(),
  description: Type.String(),
  createdAt: Instant,
})
export type Group = Static<typeof Group>

/** `GET /v1/groups?cursor=&limit=`: by name. Needs `access:groups:read`. */
export const Groups = Type.Object({ items: Type.Array(Group), next: NextCursor })
export type Groups = Static<typeof Groups>

/** `POST /v1/groups`: needs `access:groups:write`. */
export const GroupCreate = Type.Object({ name: Line(100), description: Type.Optional(Description) }, closed)
export type GroupCreate = Static<typeof GroupCreate>
export const GroupChange = Type.Object(
  { name: Type.Optional(Line(100)), description: Type.Optional(Description) },
  closed,
)
export type GroupChange = Static<typeof GroupChange>

export const Membership = Type.Object({
  group: Id('grp'),
  member: Subject,
  addedAt: Instant,
  expiresAt: Until,
  addedBy: OrNull(Type.String()),
  reason: OrNull(Type.String()),
})
export type Membership = Static<typeof Membership>

/** `GET /v1/groups/:groupId/members?cursor=&limit=`. Needs `access:groups:read`. */
export const Memberships = Type.Object({ items: Type.Array(Membership), next: NextCursor })
export type Memberships = Static<typeof Memberships>

/** `POST /v1/groups/:groupId/members`: gives all that the group has. Somebody who is in it gets this expiry. Needs `access:groups:write`. */
export const MemberAdd = Type.Object({ member: Subject, expiresAt: Type.Optional(Until), reason: Reason }, closed)
export type MemberAdd = Static<typeof MemberAdd>
/** `POST /v1/groups/:groupId/members/remove` */
export const MemberRemove = Type.Object({ member: Subject, reason: Reason }, closed)
export type MemberRemove = Static<typeof MemberRemove>

export const Assignment = Type.Object({
  subject: Subject,
  role: Type.String(),
  assignedAt: Instant,
  expiresAt: Until,
  /** Null where nobody in particular did. */
  assignedBy: OrNull(Type.String()),
  reason: OrNull(Type.String()),
})
export type Assignment = Static<typeof Assignment>

/** `GET /v1/assignments?subject=&role=&expiring=&cursor=&limit=`. Needs `access:assignments:read`. */
export const Assignments = Type.Object({ items: Type.Array(Assignment), next: NextCursor })
export type Assignments = Static<typeof Assignments>

/** Groups in the order in which one comes to it: the first has the subject itself. Empty where nothing is between. */
const Through = Type.Array(Type.String())
/**
 * `GET /v1/standing?subject=`: everything that somebody is at this moment, each by the shortest way. Needs `access:assignments:read`. Whoever
 * is unknown, or a service account that is disabled, has nothing.
 */
export const Standing = Type.Object({
  /** By name. `by` is the role that was assigned: another one where that includes this one. */
  roles: Type.Array(Type.Object({ name: Type.String(), by: Type.String(), through: Through, expiresAt: Until })),
  /** By identifier. */
  groups: Type.Array(Type.Object({ id: Type.String(), through: Through, expiresAt: Until })),
})
export type Standing = Static<typeof Standing>

/** `POST /v1/assignments`: who has the role already gets this expiry. Needs `access:assignments:write`. */
export const AssignmentCreate = Type.Object(
  { subject: Subject, role: RoleName, expiresAt: Type.Optional(Until), reason: Reason },
  closed,
)
export type AssignmentCreate = Static<typeof AssignmentCreate>
/** `POST /v1/assignments/remove` */
export const AssignmentRemove = Type.Object({ subject: Subject, role: RoleName, reason: Reason }, closed)
export type AssignmentRemove = Static<typeof AssignmentRemove>

export const ServiceAccount = Type.Object({
  id: Id('svc'),
  name: Type.String(),
  description: Type.String(),
  disabled: Type.Boolean(),
  createdAt: Instant,
})
export type ServiceAccount = Static<typeof ServiceAccount>

/** `GET /v1/service-accounts?cursor=&limit=`: by name. Needs `access:service-accounts:read`. */
export const ServiceAccounts = Type.Object({ items: Type.Array(ServiceAccount), next: NextCursor })
export type ServiceAccounts = Static<typeof ServiceAccounts>
/** `POST /v1/service-accounts`: needs `access:service-accounts:write`. */
export const ServiceAccountCreate = Type.Object({ name: Line(100), description: Type.Optional(Description) }, closed)
export type ServiceAccountCreate = Static<typeof ServiceAccountCreate>
export const ServiceAccountChange = Type.Object(
  {
    name: Type.Optional(Line(100)),
    description: Type.Optional(Description),
    disabled: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type ServiceAccountChange = Static<typeof ServiceAccountChange>

export const Approval = Type.Object({
  id: Id('apv'),
  kind: Type.Union([Type.Literal('assignment'), Type.Literal('membership'), Type.Literal('unmark')]),
  /** Who gains by it; null where a role loses its mark. */
  subject: OrNull(Subject),
  /** The role, or the group. */
  target: Type.String(),
  /** When what is asked for would end. */
  until: Until,
  reason: Type.String(),
  askedBy: Type.String(),
  askedAt: Instant,
  /** When it can't be decided any more. */
  expiresAt: Instant,
  outcome: OrNull(Type.Union([Type.Literal('approved'), Type.Literal('refused'), Type.Literal('withdrawn')])),
  decidedBy: OrNull(Type.String()),
  decidedAt: Until,
})
export type Approval = Static<typeof Approval>

/** `GET /v1/approvals?waiting=&cursor=&limit=`. Needs `access:approvals:read`. */
export const Approvals = Type.Object({ items: Type.Array(Approval), next: NextCursor })
export type Approvals = Static<typeof Approvals>

/** What became of something that may need a second administrator: done (201), or asked for (202). */
export const AssignmentGiven = Type.Object({ assignment: OrNull(Assignment), approval: OrNull(Approval) })
export type AssignmentGiven = Static<typeof AssignmentGiven>
export const MemberAdded = Type.Object({ membership: OrNull(Membership), approval: OrNull(Approval) })
export type MemberAdded = Static<typeof MemberAdded>

const Decision = Type.Union([Type.Literal('keep'), Type.Literal('remove')])

export const Review = Type.Object({
  id: Id('rvw'),
  name: Type.String(),
  /** What becomes of that of which nobody decided anything. */
  undecided: Decision,
  openedBy: Type.String(),
  openedAt: Instant,
  dueAt: Instant,
  closedAt: Until,
})
export type Review = Static<typeof Review>

/** `GET /v1/reviews?cursor=&limit=`. Needs `access:reviews:read`. */
export const Reviews = Type.Object({ items: Type.Array(Review), next: NextCursor })
export type Reviews = Static<typeof Reviews>

/** `POST /v1/reviews`: all that counts now, or what is about one role or one group; at most 5,000. Needs `access:reviews:write`. */
export const ReviewOpen = Type.Object(
  {
    name: Line(100),
    dueAt: Instant,
    undecided: Decision,
    role: Type.Optional(RoleName),
    group: Type.Optional(Id('grp')),
  },
  closed,
)
export type ReviewOpen = Static<typeof ReviewOpen>

export const ReviewItem = Type.Object({
  kind: Type.Union([Type.Literal('assignment'), Type.Literal('membership')]),
  subject: Subject,
  target: Type.String(),
  givenAt: Instant,
  decision: OrNull(Decision),
  decidedBy: OrNull(Type.String()),
  decidedAt: Until,
  /** Null until the campaign is closed. */
  outcome: OrNull(
    Type.Union([
      Type.Literal('kept'),
      Type.Literal('removed'),
      Type.Literal('gone'),
      Type.Literal('last-administrator'),
    ]),
  ),
})
export type ReviewItem = Static<typeof ReviewItem>

/** `GET /v1/reviews/:reviewId/items?cursor=&limit=` */
export const ReviewItems = Type.Object({ items: Type.Array(ReviewItem), next: NextCursor })
export type ReviewItems = Static<typeof ReviewItems>

/** `POST /v1/reviews/:reviewId/decisions` */
export const ReviewDecision = Type.Object(
  {
    kind: Type.Union([Type.Literal('assignment'), Type.Literal('membership')]),
    subject: Subject,
    target: Type.String({ pattern: '^(?:grp_[a-z2-7]{26}|[a-z][a-z0-9-]{0,49})$' }),
    decision: Decision,
  },
  closed,
)
export type ReviewDecision = Static<typeof ReviewDecision>
