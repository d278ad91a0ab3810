import { assertionHeader } from '@custodia/wire/http/gateway.ts'
import type { Request, RequestHandler, Response } from 'express'
import type { Identity } from '../assertion/identity.ts'
import { CustodiaError } from '../errors.ts'
import type { Identifier, OnResource } from './problem.ts'
import { demandAccess, demandPermission, problemFrom } from './problem.ts'

export {
  checkInput,
  defendBrowser,
  limitCallers,
  limitRequests,
  nonceOf,
  takeUploads,
  uploadsOf,
} from '../edge/express.ts'
export { requireSignature, signedRequestOf } from '../signatures/express.ts'

// A property of our own, and not one that other middleware knows how to set.
const identities = new WeakMap<Request, Identity>()

/**
 * Refuses every request that carries no valid assertion. Mount it before the body parsers, and after the few routes
 * that anybody may call.
 *
 * @example app.use(custodiaExpress({ custodia }))
 */
export function custodiaExpress({ custodia }: { readonly custodia: Identifier }): RequestHandler {
  return async (request, response, next) => {
    try {
      identities.set(request, await custodia.identify(request.headers[assertionHeader]))
    } catch (error) {
      answer(error, response)
      return
    }
    next()
  }
}

/**
 * Who is asking.
 *
 * @throws CustodiaError ASSERTION_MISSING where `custodiaExpress` does not run before this route.
 */
export function identityOf(request: Request): Identity {
  const identity = identities.get(request)
  if (identity === undefined) throw new CustodiaError('ASSERTION_MISSING')
  return identity
}

/**
 * Lets a route be called only by people with this permission: as their assertion says, or, with `on`, as Custodia decides about a resource.
 *
 * @example app.post('/messages', requirePermission('inbox:write'), handler)
 * @example requirePermission('inbox:read', { custodia, resource: ({ params }) => ({ type: 'inbox:mailbox', id: params.id }) })
 */
export function requirePermission(permission: string, on?: OnResource<Request>): RequestHandler {
  return async (request, response, next) => {
    try {
      if (on === undefined) demandPermission(identities.get(request), permission)
      else await demandAccess(identities.get(request), permission, on, request)
    } catch (error) {
      answer(error, response)
      return
    }
    next()
  }
}

function answer(error: unknown, response: Response): void {
  const problem = problemFrom(error)
  // Not `send`, which would add a charset: RFC 8259 §11 defines none.
  response.writeHead(problem.status, problem.headers).end(problem.body)
}
