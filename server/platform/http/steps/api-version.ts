import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

/** A version that was closed answers nobody, whoever they are. */
export const apiVersion: Step = {
  name: 'api version',
  run({ lifecycle: { closed } }) {
    if (closed !== null) throw refuseRequest('API_VERSION_CLOSED', closed)
  },
}
