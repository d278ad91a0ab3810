import type { Context, MiddlewareHandler } from 'hono'
import { CustodiaError } from '../errors.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { SignatureVerifier, SignedRequest } from './verify-request.ts'

const signedRequests = new WeakMap<Context, SignedRequest>()

/**
 * Refuses every request that is not signed, or whose signature does not hold. Mount it before whatever reads the body,
 * which is put back for it.
 *
 * @example app.use('/orders/*', requireSignature({ verifier }))
 */
export function requireSignature({ verifier }: { readonly verifier: SignatureVerifier }): MiddlewareHandler {
  return async (context, next) => {
    try {
      const { raw } = context.req
      const signed = await verifier.verifyFetchRequest(raw)
      signedRequests.set(context, signed)
      if (raw.body !== null) context.req.raw = new Request(raw, { body: signed.body as Buffer<ArrayBuffer> })
    } catch (error) {
      const problem = problemFrom(error)
      return new Response(problem.body, { status: problem.status, headers: { ...problem.headers } })
    }
    await next()
  }
}

/**
 * Who signed, and what.
 *
 * @throws CustodiaError SIGNATURE_INVALID where `requireSignature` does not run before this route.
 */
export function signedRequestOf(context: Context): SignedRequest {
  const signed = signedRequests.get(context)
  if (signed === undefined) throw new CustodiaError('SIGNATURE_INVALID', { reason: 'unverified' })
  return signed
}
