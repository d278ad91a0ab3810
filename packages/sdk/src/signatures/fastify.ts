import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { CustodiaError } from '../errors.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { SignatureVerifier, SignedRequest } from './verify-request.ts'

const signedRequests = new WeakMap<FastifyRequest, SignedRequest>()

/**
 * Refuses every request that is not signed, or whose signature does not hold, before its body is parsed.
 *
 * @example app.addHook('onRequest', requireSignature({ verifier }))
 * @example app.post('/orders', { onRequest: requireSignature({ verifier }) }, handler)
 */
export function requireSignature({ verifier }: { readonly verifier: SignatureVerifier }): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      signedRequests.set(request, await verifier.verifyRequest(request.raw))
    } catch (error) {
      const problem = problemFrom(error)
      // As bytes: to text Fastify would add a charset, and RFC 8259 §11 defines none.
      return reply.code(problem.status).headers(problem.headers).send(Buffer.from(problem.body))
    }
  }
}

/**
 * Who signed, and what.
 *
 * @throws CustodiaError SIGNATURE_INVALID where `requireSignature` does not run before this route.
 */
export function signedRequestOf(request: FastifyRequest): SignedRequest {
  const signed = signedRequests.get(request)
  if (signed === undefined) throw new CustodiaError('SIGNATURE_INVALID', { reason: 'unverified' })
  return signed
}
