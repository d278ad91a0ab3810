import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const names = Type.Array(Type.String())
const orNull = Type.Union([Type.String(), Type.Null()])
/** When something ends; null for good. */
const until = orNull
/** Why: in the words of whoever did it. */
const reason = Type.Object({ reason: Type.String() })
const roleContent = {
  role: Type.String(),
  summary: Type.String(),
  includes: names,
  privileged: Type.Boolean(),
  permissions: names,
  /** What whoever has it may do more from now on, and less. */
  gained: names,
  lost: names,
}

export const events = {
  'roles.changed': {
    summary: 'The roles of a person or an application were changed.',
    data: Type.Object({ subject: Type.String(), added: Type.Array(Type.String()), removed: Type.Array(Type.String()) }),
  },
  'request.denied': {
    summary: 'A request was refused because its principal lacks the permission.',
    data: Type.Object({ method: Type.String(), route: Type.String(), permission: Type.String() }),
  },
  'policies.drafted': {
    summary: 'A version of the organisation’s policies was written.',
    data: Type.Object({
      version: Type.Integer(),
      hash: Type.String(),
      policies: Type.Integer(),
      tests: Type.Integer(),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.tested': {
    summary: 'A version of the policies passed its tests.',
    data: Type.Object({ version: Type.Integer(), tests: Type.Integer() }),
  },
  'policies.shadowed': {
    summary: 'A version of the policies was tried on decisions of the log.',
    data: Type.Object({
      version: Type.Integer(),
      against: Type.Integer(),
      replayed: Type.Integer(),
      toAllow: Type.Integer(),
      toDeny: Type.Integer(),
    }),
  },
  'policies.activated': {
    summary: 'A version of the policies was made live.',
    data: Type.Object({
      version: Type.Integer(),
      instead: Type.Integer(),
      added: Type.Array(Type.String()),
      removed: Type.Array(Type.String()),
      changed: Type.Array(Type.String()),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.rolled-back': {
    summary: 'An earlier version of the policies was made live again, or none at all.',
    data: Type.Object({
      version: Type.Integer(),
      instead: Type.Integer(),
      added: Type.Array(Type.String()),
      removed: Type.Array(Type.String()),
      changed: Type.Array(Type.String()),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.refused': {
    summary: 'A version of the policies was not made live, because of what it would have given or taken.',
    data: Type.Object({ version: Type.Integer(), why: Type.String() }),
  },
  'decisions.searched': {
    summary: 'Somebody searched the log of decisions.',
    data: Type.Object({ filters: Type.Record(Type.String(), Type.String()), continued: Type.Boolean() }),
  },
  'relations.changed': {
    summary: 'Resources were shared, or no longer.',
    data: Type.Object({
      added: Type.Array(Type.String()),
      removed: Type.Array(Type.String()),
      /** The application that asked in the person's name. */
      through: Type.Optional(Type.String()),
    }),
  },
  'on-behalf.refused': {
    summary: 'An application did not prove that the person in whose name it asked is asking.',
    data: Type.Object({ why: Type.String() }),
  },
  'role.created': {
    summary: 'A role of the organisation was made.',
    data: Type.Object(roleContent),
  },
  'role.changed': {
    summary: 'A role of the organisation was changed.',
    data: Type.Object(roleContent),
  },
  'role.unmarked': {
    summary: 'Two administrators took the mark of a privileged role away.',
    data: Type.Object({ role: Type.String() }),
  },
  'role.deleted': {
    summary: 'A role of the organisation was deleted.',
    data: Type.Object({ role: Type.String() }),
  },
  'role.assigned': {
    summary: 'A role was assigned, or for another time.',
    data: Type.Object({ subject: Type.String(), role: Type.String(), until, changed: Type.Boolean() }),
    personal: reason,
  },
  'role.unassigned': {
    summary: 'A role was taken away.',
    data: Type.Object({ subject: Type.String(), role: Type.String() }),
    personal: reason,
  },
  'group.created': {
    summary: 'A group was made.',
    data: Type.Object({ group: Type.String(), name: Type.String() }),
  },
  'group.changed': {
    summary: 'A group was renamed or described.',
    data: Type.Object({ group: Type.String(), name: Type.String() }),
  },
  'group.deleted': {
    summary: 'A group was deleted, with what it had.',
    data: Type.Object({ group: Type.String(), roles: names, groups: names }),
  },
  'group.joined': {
    summary: 'Somebody was put in a group, or for another time.',
    data: Type.Object({ group: Type.String(), member: Type.String(), until, changed: Type.Boolean() }),
    personal: reason,
  },
  'group.left': {
    summary: 'Somebody was taken out of a group.',
    data: Type.Object({ group: Type.String(), member: Type.String() }),
    personal: reason,
  },
  'service-account.created': {
    summary: 'A service account was made.',
    data: Type.Object({ account: Type.String(), name: Type.String() }),
  },
  'service-account.changed': {
    summary: 'A service account was renamed, described, disabled or enabled.',
    data: Type.Object({ account: Type.String(), name: Type.String(), disabled: Type.Boolean() }),
  },
  'service-account.deleted': {
    summary: 'A service account was deleted, with what it had.',
    data: Type.Object({ account: Type.String(), roles: names, groups: names }),
  },
  'subject.erased': {
    summary: 'The roles and groups of somebody who was erased were taken away.',
    data: Type.Object({ subject: Type.String(), roles: names, groups: names }),
  },
  'approval.asked': {
    summary: 'A second administrator was asked to agree.',
    data: Type.Object({ approval: Type.String(), kind: Type.String(), subject: orNull, target: Type.String(), until }),
    personal: reason,
  },
  'approval.decided': {
    summary: 'A second administrator agreed or refused, or what was asked for was taken back.',
    data: Type.Object({
      ...{ approval: Type.String(), kind: Type.String(), subject: orNull, target: Type.String() },
      ...{ askedBy: Type.String(), outcome: Type.String() },
    }),
  },
  'review.opened': {
    summary: 'A review of assignments was opened.',
    data: Type.Object({
      ...{ review: Type.String(), undecided: Type.String(), items: Type.Integer(), due: Type.String() },
    }),
    personal: Type.Object({ name: Type.String() }),
  },
  'review.decided': {
    summary: 'A reviewer kept or removed an assignment.',
    data: Type.Object({
      ...{ review: Type.String(), kind: Type.String(), subject: Type.String(), target: Type.String() },
      decision: Type.String(),
    }),
  },
  'review.ended': {
    summary: 'A review was ended before it was due.',
    data: Type.Object({ review: Type.String() }),
  },
  'review.closed': {
    summary: 'A review was carried out.',
    data: Type.Object({
      ...{ review: Type.String(), kept: Type.Integer(), removed: Type.Integer(), gone: Type.Integer() },
      ...{ lastAdministrator: Type.Integer(), undecided: Type.Integer() },
    }),
  },
} as const

export const event = eventMaker('access', events)
