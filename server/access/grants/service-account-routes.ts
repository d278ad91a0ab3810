import {
  ServiceAccount,
  ServiceAccountChange,
  ServiceAccountCreate,
  ServiceAccounts,
} from '@custodia/wire/http/access.ts'
import { closed, Id } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { listServiceAccounts } from './list.ts'
import { paging } from './paging.ts'
import type { Parts } from './parts.ts'
import { showServiceAccount } from './show.ts'
import { changeServiceAccount, createServiceAccount, deleteServiceAccount } from './write-service-account.ts'

const one = Type.Object({ accountId: Id('svc') }, closed)

export function serviceAccountRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/service-accounts',
      summary: 'List the service accounts of the organisation.',
      who: { permission: 'access:service-accounts:read' },
      limit: 'read',
      sensitive: false,
      query: Type.Object(paging, closed),
      reply: ServiceAccounts,
      handle: async ({ principal, query }) => await listServiceAccounts(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/service-accounts',
      summary: 'Make a service account, which may do nothing yet.',
      who: { permission: 'access:service-accounts:write' },
      limit: 'write',
      sensitive: false,
      body: ServiceAccountCreate,
      reply: ServiceAccount,
      errors: ['ACCESS_NAME_TAKEN', 'ACCESS_TOO_MANY'],
      handle: async ({ principal, body }) =>
        new Reply(201, showServiceAccount(await createServiceAccount(parts, principal, body))),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/service-accounts/:accountId',
      summary: 'Rename, describe, disable or enable a service account.',
      who: { permission: 'access:service-accounts:write' },
      limit: 'write',
      sensitive: true,
      params: one,
      body: ServiceAccountChange,
      reply: ServiceAccount,
      errors: [
        ...['ACCESS_SERVICE_ACCOUNT_UNKNOWN', 'ACCESS_NAME_TAKEN'],
        ...['ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_EXPIRY_TOO_LATE'],
      ],
      handle: async ({ principal, params, body }) =>
        showServiceAccount(await changeServiceAccount(parts, principal, params.accountId, body)),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/service-accounts/:accountId',
      summary: 'Delete a service account with all that it has.',
      who: { permission: 'access:service-accounts:write' },
      limit: 'write',
      sensitive: true,
      params: one,
      reply: Type.Null(),
      errors: ['ACCESS_SERVICE_ACCOUNT_UNKNOWN', 'ACCESS_NOT_YOURS_TO_GIVE'],
      async handle({ principal, params }) {
        await deleteServiceAccount(parts, principal, params.accountId)
        return new Reply(204, null)
      },
    }),
  ]
}
