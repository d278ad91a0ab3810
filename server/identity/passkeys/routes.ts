import type { Route } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'

export function passkeyRoutes(_parts: Parts): readonly Route[] {
  return []
}
