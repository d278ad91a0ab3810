import {
  Group,
  GroupChange,
  GroupCreate,
  Groups,
  MemberAdd,
  MemberAdded,
  MemberRemove,
  Memberships,
} from '@custodia/wire/http/access.ts'
import { closed, Id } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { joinGroup, leaveGroup } from './join-group.ts'
import { listGroups, listMembers } from './list.ts'
import { paging } from './paging.ts'
import type { Parts } from './parts.ts'
import { showApproval, showGroup, showMembership } from './show.ts'
import { changeGroup, createGroup, deleteGroup } from './write-group.ts'

const one = Type.Object({ groupId: Id('grp') }, closed)

/** Groups, and who is in them. */
export function groupRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/groups',
      summary: 'List the groups of the organisation.',
      who: { permission: 'access:groups:read' },
      limit: 'read',
      sensitive: false,
      query: Type.Object(paging, closed),
      reply: Groups,
      handle: async ({ principal, query }) => await listGroups(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/groups',
      summary: 'Make a group.',
      who: { permission: 'access:groups:write' },
      limit: 'write',
      sensitive: false,
      body: GroupCreate,
      reply: Group,
      errors: ['ACCESS_NAME_TAKEN', 'ACCESS_TOO_MANY'],
      handle: async ({ principal, body }) => new Reply(201, showGroup(await createGroup(parts, principal, body))),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/groups/:groupId',
      summary: 'Rename or describe a group.',
      who: { permission: 'access:groups:write' },
      limit: 'write',
      sensitive: false,
      params: one,
      body: GroupChange,
      reply: Group,
      errors: ['ACCESS_GROUP_UNKNOWN', 'ACCESS_NAME_TAKEN'],
      handle: async ({ principal, params, body }) =>
        showGroup(await changeGroup(parts, principal, params.groupId, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/groups/:groupId',
      summary: 'Delete a group: everybody in it loses what it has.',
      who: { permission: 'access:groups:write' },
      limit: 'write',
      sensitive: true,
      params: one,
      reply: Type.Null(),
      errors: ['ACCESS_GROUP_UNKNOWN', 'ACCESS_NOT_YOURS_TO_GIVE'],
      async handle({ principal, params }) {
        await deleteGroup(parts, principal, params.groupId)
        return new Reply(204, null)
      },
    }),
    ...memberRoutes(parts),
  ]
}

const memberRoutes = (parts: Parts): readonly Route[] => [
  defineRoute({
    method: 'GET',
    path: '/v1/groups/:groupId/members',
    summary: 'List who is in a group, until when and why.',
    who: { permission: 'access:groups:read' },
    limit: 'read',
    sensitive: false,
    params: one,
    query: Type.Object(paging, closed),
    reply: Memberships,
    errors: ['ACCESS_GROUP_UNKNOWN'],
    handle: async ({ principal, params, query }) =>
      await listMembers(parts, principal.organisationId, params.groupId, query),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/groups/:groupId/members',
    summary: 'Put somebody in a group, which gives them all that it has.',
    who: { permission: 'access:groups:write' },
    limit: 'write',
    sensitive: true,
    params: one,
    body: MemberAdd,
    reply: MemberAdded,
    errors: [
      ...['ACCESS_GROUP_UNKNOWN', 'ACCESS_SUBJECT_UNKNOWN', 'ACCESS_EXPIRY_PAST', 'ACCESS_CYCLE', 'ACCESS_TOO_DEEP'],
      ...['ACCESS_TOO_MANY', 'ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_EXPIRY_TOO_LATE', 'ACCESS_PERSON_NEEDED'],
    ],
    async handle({ principal, params, body }) {
      const joined = await joinGroup(parts, principal, params.groupId, body)
      if ('waits' in joined)
        return new Reply(202, { membership: null, approval: await showApproval(parts, joined.waits) })
      return new Reply(201, { membership: await showMembership(parts, joined.membership), approval: null })
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/groups/:groupId/members/remove',
    summary: 'Take somebody out of a group, and with that what it has.',
    who: { permission: 'access:groups:write' },
    limit: 'write',
    sensitive: true,
    params: one,
    body: MemberRemove,
    reply: Type.Null(),
    errors: ['ACCESS_GROUP_UNKNOWN', 'ACCESS_MEMBERSHIP_UNKNOWN', 'ACCESS_NOT_YOURS_TO_GIVE'],
    async handle({ principal, params, body }) {
      await leaveGroup(parts, principal, params.groupId, body)
      return new Reply(204, null)
    },
  }),
]
