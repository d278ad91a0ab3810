import type { Request, RequestHandler } from 'express'
import { CustodiaError } from '../errors.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { SignatureVerifier, SignedRequest } from './verify-request.ts'

const signedRequests = new WeakMap<Request, SignedRequest>()

/**
 * Refuses every request that is not signed, or whose signature does not hold. Mount it before the body parsers, which
 * read the body afterwards as if nobody had.
 *
 * @example app.use('/orders', requireSignature({ verifier }))
 */
export function requireSignature({ verifier }: { readonly verifier: SignatureVerifier }): RequestHandler {
  return async (request, response, next) => {
    try {
      signedRequests.set(request, await verifier.verifyRequest(request))
    } catch (error) {
      const problem = problemFrom(error)
      response.writeHead(problem.status, problem.headers).end(problem.body)
      return
    }
    next()
  }
}

/**
 * Who signed, and what.
 *
 * @throws CustodiaError SIGNATURE_INVALID where `requireSignature` does not run before this route.
 */
export function signedRequestOf(request: Request): SignedRequest {
  const signed = signedRequests.get(request)
  if (signed === undefined) throw new CustodiaError('SIGNATURE_INVALID', { reason: 'unverified' })
  return signed
}
