import type { Access } from '../access/api.ts'
import type { Ledger } from '../audit/api.ts'
import type { Route } from '../platform/http/route.ts'
import { defineModule } from '../platform/module.ts'
import type { ActivityOfPeople } from './api.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { readByOperator } from './read-activity.ts'
import { routes } from './routes.ts'

type Uses = { audit: Ledger; access: Access }

export const activity = defineModule<
  ActivityOfPeople & { readonly routes: readonly Route[] },
  Uses,
  Record<never, never>
>({
  name: 'activity',
  uses: ['audit', 'access'],
  config: {},
  permissions: {},
  errors,
  events,
  migrations: null,
  start(context, { audit, access }) {
    const parts = { context, audit, access }
    return {
      routes: routes(parts),
      byOperator: (organisationId, userId, page) => readByOperator(parts, organisationId, userId, page),
    }
  },
  routes: (api) => api.routes,
})
