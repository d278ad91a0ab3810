import type { JWTVerifyGetKey } from 'jose'
import { errors, jwtVerify } from 'jose'
import type { Clock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'
import type { Identity } from './identity.ts'
import { identityFrom } from './identity.ts'

/** RFC 7515 §7.1. A header that was sent twice arrives joined by a comma, which this refuses. */
const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const maxLength = 16_384
const skewSeconds = 5
/** An assertion is for one request, or a page of them. One that is older than this was made for something else. */
const maxAgeSeconds = 3600
const maxRemembered = 2_000

/**
 * Verifies identity assertions of one application (`AssertionClaims` in the wire package).
 *
 * One that held is remembered by its exact text until it expires, so that the fifty requests of a page cost one
 * verification. What did not hold is not remembered.
 *
 * @returns a function from the header's value to the identity.
 * @throws CustodiaError ASSERTION_MISSING, ASSERTION_INVALID, ASSERTION_EXPIRED or SIGNING_KEYS_UNAVAILABLE.
 */
export function createVerifier(options: {
  readonly issuer: string
  readonly application: string
  readonly keys: JWTVerifyGetKey
  readonly clock: Clock
}) {
  const { clock } = options
  const remembered = new Map<string, Promise<Identity>>()

  async function verify(assertion: string): Promise<Identity> {
    try {
      const { payload } = await jwtVerify(assertion, options.keys, {
        algorithms: ['EdDSA'], // RFC 8725 §3.1: the algorithm is ours to say, never the token's.
        typ: 'custodia-assertion+jwt', // RFC 8725 §3.11: no other token of this issuer passes for one.
        issuer: options.issuer,
        audience: options.application,
        clockTolerance: skewSeconds,
        maxTokenAge: maxAgeSeconds,
        currentDate: new Date(clock.nowMs()),
      })
      return identityFrom(payload)
    } catch (error) {
      throw translate(error)
    }
  }

  function remember(assertion: string): Promise<Identity> {
    const verified = verify(assertion)
    remembered.set(assertion, verified)
    if (remembered.size > maxRemembered) remembered.delete(remembered.keys().next().value as string)
    verified.catch(() => {
      if (remembered.get(assertion) === verified) remembered.delete(assertion)
    })
    return verified
  }

  return async (header: string | readonly string[] | null | undefined): Promise<Identity> => {
    if (header === undefined || header === null || header === '') throw new CustodiaError('ASSERTION_MISSING')
    if (typeof header !== 'string' || header.length > maxLength || !compact.test(header)) {
      throw new CustodiaError('ASSERTION_INVALID', { reason: 'form' })
    }
    const known = remembered.get(header)
    if (known === undefined) return await remember(header)
    const identity = await known
    if (Date.parse(identity.expiresAt) > clock.nowMs()) return identity
    return await remember(header)
  }
}

function translate(error: unknown): CustodiaError {
  if (error instanceof CustodiaError) return error
  if (error instanceof errors.JWTExpired) return new CustodiaError('ASSERTION_EXPIRED')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new CustodiaError('ASSERTION_INVALID', { reason: error.claim })
  }
  if (error instanceof errors.JOSEError) return new CustodiaError('ASSERTION_INVALID', { reason: error.code })
  // A key set with a key that can't be imported ends here: still no identity.
  return new CustodiaError('ASSERTION_INVALID', { reason: 'fault' })
}
