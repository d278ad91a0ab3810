import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Access } from './api.ts'
import { Decider } from './decide.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { RoleCache } from './role-cache.ts'
import { config, danglingPatterns, resolveRoles } from './roles.ts'
import { routes } from './routes.ts'
import { setRoles } from './set-roles.ts'
import { readRoles } from './store.ts'

const topic = 'access.changed'

export const access = defineModule<Access, Record<never, never>, typeof config>({
  name: 'access',
  uses: [],
  config,
  permissions: { 'access:roles:read': { summary: 'See which roles there are.' } },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createAccess,
  routes,
  authorizer: (api) => api,
})

export function createAccess(context: Context<typeof config>): Access {
  const { bus, clock, recorder, database, permissions } = context
  const dangling = danglingPatterns(context.config.roles, permissions)
  if (dangling.length > 0)
    throw new Error(`CUSTODIA_ACCESS_ROLES names permissions that do not exist: ${dangling.join(', ')}.`)
  const roles = resolveRoles(context.config.roles, permissions)
  const decider = new Decider(roles, permissions)
  const cache = new RoleCache(bus)
  const listeners = new Set<(subjectId: string | null) => void>()
  const changed = (subjectId: string | null) => {
    cache.forget(subjectId)
    for (const listener of listeners) listener(subjectId)
  }
  bus.subscribe(topic, changed)
  bus.onGap(() => changed(null))

  const api: Access = {
    decide: (principal, permission, resource) => decider.decide(principal, permission, resource),
    roles: () => roles,
    async rolesOf(organisationId, subjectId) {
      const read = async () => (await readRoles(database.queries, organisationId, [subjectId])).map((row) => row.role)
      return cache.get(organisationId, subjectId) ?? (await cache.fill(organisationId, subjectId, read))
    },
    async rolesOfMany(organisationId, subjectIds) {
      const found = new Map<string, string[]>(subjectIds.map((id) => [id, []]))
      if (subjectIds.length > 0)
        for (const row of await readRoles(database.queries, organisationId, subjectIds))
          found.get(row.subject_id)?.push(row.role)
      return found
    },
    setRoles: (tx, change) =>
      setRoles(tx, change, {
        roles,
        clock,
        recorder,
        permissionsOf: (principal) => grantedTo(principal),
        announce: async (subjectId) => {
          changed(subjectId)
          await bus.publish(topic, subjectId)
        },
      }),
    permissionsOf: async (principal) => grantedTo(principal),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const grantedTo = (principal: Parameters<Access['permissionsOf']>[0]) =>
    Object.keys(permissions).filter((permission) => decider.decide(principal, permission).allowed)
  return api
}
