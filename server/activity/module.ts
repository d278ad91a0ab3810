import type { Access } from '../access/api.ts'
import type { Ledger } from '../audit/api.ts'
import type { Route } from '../platform/http/route.ts'
import { defineModule } from '../platform/module.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import { routes } from './routes.ts'

type Uses = { audit: Ledger; access: Access }

export const activity = defineModule<{ readonly routes: readonly Route[] }, Uses, Record<never, never>>({
  name: 'activity',
  uses: ['audit', 'access'],
  config: {},
  permissions: {},
  errors,
  events,
  migrations: null,
  start: (context, { audit, access }) => ({ routes: routes({ context, audit, access }) }),
  routes: (api) => api.routes,
})
