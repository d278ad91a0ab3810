import { assertionHeader } from '@custodia/wire/http/gateway.ts'
import type { MiddlewareHandler } from 'hono'
import type { Identity } from '../assertion/identity.ts'
import type { Identifier } from './problem.ts'
import { demandPermission, problemFrom } from './problem.ts'

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
 * Lets a route be called only by people with this permission.
 *
 * @example app.post('/messages', requirePermission('inbox:write'), handler)
 */
export function requirePermission(permission: string): MiddlewareHandler<CustodiaEnvironment> {
  return async (context, next) => {
    try {
      demandPermission(context.get('identity'), permission)
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
