import {
  Approval,
  AssignmentCreate,
  AssignmentGiven,
  AssignmentRemove,
  Assignments,
  Role,
  RoleChange,
  RoleCreate,
  RoleName,
  Roles,
  RoleUnmark,
  Standing,
  Subject,
} from '@custodia/wire/http/access.ts'
import { closed } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { askToUnmark } from './decide-approval.ts'
import { giveRole } from './give-role.ts'
import { listAssignments, listRoles } from './list.ts'
import { paging } from './paging.ts'
import type { Parts } from './parts.ts'
import { showApproval, showAssignment, showRole } from './show.ts'
import { showStanding } from './show-standing.ts'
import { takeRole } from './take-role.ts'
import { changeRole, createRole, deleteRole } from './write-role.ts'

const named = Type.Object({ name: RoleName }, closed)
const notYours = ['ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_EXPIRY_TOO_LATE'] as const
const ofContent = [
  'ACCESS_PERMISSION_WITHHELD',
  ...notYours,
  ...['ACCESS_PERMISSION_UNKNOWN', 'ACCESS_ROLE_UNKNOWN', 'ACCESS_CYCLE', 'ACCESS_TOO_DEEP'],
] as const

/** Roles, and who has them. */
export function roleRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/roles',
      summary: 'List the roles that a person can be given.',
      who: { permission: 'access:roles:read' },
      limit: 'read',
      sensitive: false,
      query: Type.Object(paging, closed),
      reply: Roles,
      handle: async ({ principal, query }) => await listRoles(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/roles',
      summary: 'Make a role of the organisation’s own, from permissions that you have.',
      who: { permission: 'access:roles:write' },
      limit: 'write',
      sensitive: true,
      body: RoleCreate,
      reply: Role,
      errors: [...ofContent, 'ACCESS_ROLE_TAKEN', 'ACCESS_TOO_MANY'],
      handle: async ({ principal, body }) => new Reply(201, showRole(await createRole(parts, principal, body))),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/roles/:name',
      summary: 'Change a role of the organisation’s own.',
      who: { permission: 'access:roles:write' },
      limit: 'write',
      sensitive: true,
      params: named,
      body: RoleChange,
      reply: Role,
      errors: [...ofContent, 'ACCESS_ROLE_FIXED', 'ACCESS_ROLE_MARKED', 'ACCESS_ROLE_PRIVILEGED_HELD'],
      handle: async ({ principal, params, body }) => showRole(await changeRole(parts, principal, params.name, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/roles/:name',
      summary: 'Delete a role of the organisation’s own that nobody has.',
      who: { permission: 'access:roles:write' },
      limit: 'write',
      sensitive: true,
      params: named,
      reply: Type.Null(),
      errors: [
        ...['ACCESS_ROLE_UNKNOWN', 'ACCESS_ROLE_FIXED', 'ACCESS_ROLE_MARKED', 'ACCESS_ROLE_IN_USE'],
        'ACCESS_NOT_YOURS_TO_GIVE',
      ],
      async handle({ principal, params }) {
        await deleteRole(parts, principal, params.name)
        return new Reply(204, null)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/roles/:name/unmark',
      summary: 'Ask a second administrator to take the mark from a privileged role.',
      who: { permission: 'access:roles:write' },
      limit: 'write',
      sensitive: true,
      params: named,
      body: RoleUnmark,
      reply: Approval,
      errors: [
        ...notYours,
        ...[
          'ACCESS_ROLE_UNKNOWN',
          'ACCESS_ROLE_FIXED',
          'ACCESS_ROLE_UNMARKED',
          'ACCESS_PERSON_NEEDED',
          'ACCESS_TOO_MANY',
        ],
      ],
      handle: async ({ principal, params, body }) =>
        new Reply(202, await showApproval(parts, await askToUnmark(parts, principal, params.name, body.reason))),
    }),
    ...assignmentRoutes(parts),
  ]
}

const assignmentRoutes = (parts: Parts): readonly Route[] => [
  defineRoute({
    method: 'GET',
    path: '/v1/assignments',
    summary: 'List who has which role, until when and why.',
    who: { permission: 'access:assignments:read' },
    limit: 'read',
    sensitive: false,
    query: Type.Object(
      {
        ...paging,
        subject: Type.Optional(Subject),
        role: Type.Optional(RoleName),
        expiring: Type.Optional(Type.Boolean()),
      },
      closed,
    ),
    reply: Assignments,
    handle: async ({ principal, query }) => await listAssignments(parts, principal.organisationId, query),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/standing',
    summary: 'Get every role and group that somebody has now, and through which groups.',
    who: { permission: 'access:assignments:read' },
    limit: 'read',
    sensitive: false,
    query: Type.Object({ subject: Subject }, closed),
    reply: Standing,
    handle: async ({ principal, query }) => await showStanding(parts, principal.organisationId, query.subject),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/assignments',
    summary: 'Assign a role that you have, for good or for a time; a privileged one waits for a second administrator.',
    who: { permission: 'access:assignments:write' },
    limit: 'write',
    sensitive: true,
    body: AssignmentCreate,
    reply: AssignmentGiven,
    errors: [
      ...notYours,
      ...['ACCESS_ROLE_UNKNOWN', 'ACCESS_SUBJECT_UNKNOWN', 'ACCESS_EXPIRY_PAST', 'ACCESS_LAST_ADMINISTRATOR'],
      ...['ACCESS_PERSON_NEEDED', 'ACCESS_TOO_MANY'],
    ],
    async handle({ principal, body }) {
      const given = await giveRole(parts, principal, body)
      if ('waits' in given)
        return new Reply(202, { assignment: null, approval: await showApproval(parts, given.waits) })
      return new Reply(201, { assignment: await showAssignment(parts, given.assignment), approval: null })
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/assignments/remove',
    summary: 'Take a role from somebody, where you have all that it carries.',
    who: { permission: 'access:assignments:write' },
    limit: 'write',
    sensitive: true,
    body: AssignmentRemove,
    reply: Type.Null(),
    errors: ['ACCESS_ASSIGNMENT_UNKNOWN', 'ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_LAST_ADMINISTRATOR'],
    async handle({ principal, body }) {
      await takeRole(parts, principal, body)
      return new Reply(204, null)
    },
  }),
]
