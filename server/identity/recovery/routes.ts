import type { Route } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'

export function recoveryRoutes(_parts: Parts): readonly Route[] {
  return []
}
