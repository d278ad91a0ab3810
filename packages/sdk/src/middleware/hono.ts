import { assertionHeader } from '@custodia/wire/http/gateway.ts'
import type { Context, MiddlewareHandler } from 'hono'
import type { Identity } from '../assertion/identity.ts'
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
} from '../edge/hono.ts'
export { requireSignature, signedRequestOf } from '../signatures/hono.ts'

/** For `new Hono<CustodiaEnvironment>()`: `context.get('identity')` is who asks. */
export type CustodiaEnvironment = { Variables: { identity: Identity } }

/**
 * Refuses every request that carries no valid assertion. Mount it before everything that not anybody may call.
 *
 * @example app.use(custodiaHono({ custodia }))
 */
export function custodiaHono({ custodia }: { readonly custodia: Identifier }): MiddlewareHandler<CustodiaEnvironment> {
  return async (context, next) => {
    try {
      context.set('identity', await custodia.identify(context.req.header(assertionHeader)))
    } catch (error) {
      return answer(error)
    }
    await next()
  }
}

/**
 * Lets a route be called only by people with this permission: as their assertion says, or, with `on`, as Custodia decides about a resource.
 *
 * @example app.post('/messages', requirePermission('inbox:write'), handler)
 * @example requirePermission('inbox:read', { custodia, resource: ({ req }) => ({ type: 'inbox:mailbox', id: req.param('id') }) })
 */
export function requirePermission(
  permission: string,
  on?: OnResource<Context<CustodiaEnvironment>>,
): MiddlewareHandler<CustodiaEnvironment> {
  return async (context, next) => {
    try {
      if (on === undefined) demandPermission(context.get('identity'), permission)
      else await demandAccess(context.get('identity'), permission, on, context)
    } catch (error) {
      return answer(error)
    }
    await next()
  }
}

function answer(error: unknown): Response {
  const problem = problemFrom(error)
  return new Response(problem.body, { status: problem.status, headers: { ...problem.headers } })
}
