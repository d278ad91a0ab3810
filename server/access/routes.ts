import { Roles } from '@custodia/wire/http/access.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute } from '../platform/http/route.ts'
import type { Access } from './api.ts'
import { rolesOfMachines } from './roles.ts'

export function routes(access: Access): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/roles',
      summary: 'List the roles that a person can be given.',
      who: { permission: 'access:roles:read' },
      limit: 'read',
      sensitive: false,
      reply: Roles,
      handle: async () => ({
        items: access
          .roles()
          .filter((role) => !rolesOfMachines.has(role.name))
          .map((role) => ({ ...role, permissions: [...role.permissions] })),
      }),
    }),
  ]
}
