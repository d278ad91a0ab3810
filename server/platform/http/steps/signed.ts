import { refuseRequest } from '../errors.ts'
import type { Step } from '../pipeline.ts'

/** RFC 9421 §5.1: what a signature must cover and carry, for whoever can make one. */
export const acceptSignature = 'sig1=("@method" "@authority" "@path" "@query" "content-digest");created;nonce;keyid'

/** Where a route asks for signed requests, a cookie or a bearer token is not enough, whoever's it is. */
export const signed: Step = {
  name: 'signed',
  run({ route, principal }) {
    if (route.signed !== true) return
    if (principal !== null && principal.kind !== 'user' && principal.signed === true) return
    throw refuseRequest('SIGNATURE_REQUIRED', { acceptSignature })
  },
}
