import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

/** A sensitive route asks a person for a factor that was proven lately. */
export const freshness: Step = {
  name: 'freshness',
  run({ route, principal }, { clock, sensitiveMaxAgeSeconds }) {
    if (!route.sensitive || principal?.kind !== 'user') return
    if (clock.nowMs() - principal.authenticatedAtMs <= sensitiveMaxAgeSeconds * 1000) return
    throw refuseRequest('FRESH_FACTOR_REQUIRED', { maxAgeSeconds: sensitiveMaxAgeSeconds })
  },
}
