import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

export const limit: Step = {
  name: 'limit',
  run({ route, head }, { limits }) {
    const retryAfterSeconds = limits.spend(route.limit, head.address)
    if (retryAfterSeconds > 0) throw refuseRequest('LIMIT_REACHED', { retryAfterSeconds })
  },
}
