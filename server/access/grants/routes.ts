import type { Route } from '../../platform/http/route.ts'
import { groupRoutes } from './group-routes.ts'
import type { Parts } from './parts.ts'
import { reviewRoutes } from './review-routes.ts'
import { roleRoutes } from './role-routes.ts'
import { serviceAccountRoutes } from './service-account-routes.ts'

export const routes = (parts: Parts): readonly Route[] => [
  ...roleRoutes(parts),
  ...groupRoutes(parts),
  ...serviceAccountRoutes(parts),
  ...reviewRoutes(parts),
]
