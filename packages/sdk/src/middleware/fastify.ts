import { assertionHeader } from '@custodia/wire/http/gateway.ts'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Identity } from '../assertion/identity.ts'
import type { Identifier, OnResource } from './problem.ts'
import { demandAccess, demandPermission, problemFrom } from './problem.ts'

export { checkInput, defendBrowser, limitRequests, nonceOf, takeUploads, uploadsOf } from '../edge/fastify.ts'
export { requireSignature, signedRequestOf } from '../signatures/fastify.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking. Null only on a route with `config: { custodia: 'anyone' }`. */
    identity: Identity
  }
  interface FastifyContextConfig {
    /** `anyone` opens this route to requests without an identity, as for a health check. */
    custodia?: 'anyone'
  }
}

export type CustodiaFastifyOptions = { readonly custodia: Identifier }

/**
 * Refuses every request that carries no valid assertion, before its body is read, and sets `request.identity`.
 * Unknown paths are refused too, so that a stranger can't tell which exist.
 *
 * @example await app.register(custodiaFastify, { custodia })
 */
export const custodiaFastify: FastifyPluginCallback<CustodiaFastifyOptions> = (app, { custodia }, done) => {
  app.decorateRequest('identity', null as unknown as Identity)
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.custodia === 'anyone') return
    try {
      request.identity = await custodia.identify(request.headers[assertionHeader])
    } catch (error) {
      return answer(error, reply)
    }
  })
  done()
}

// Fastify's mark for a plugin that serves the scope it is registered in, and not a scope of its own.
Object.assign(custodiaFastify, { [Symbol.for('skip-override')]: true })

/**
 * Lets a route be called only by people with this permission: as their assertion says, or, with `on`, as Custodia decides about a resource.
 *
 * @example app.post('/messages', { onRequest: requirePermission('inbox:write') }, handler)
 * @example requirePermission('inbox:read', { custodia, resource: ({ params }) => ({ type: 'inbox:mailbox', id: params.id }) })
 */
export function requirePermission(permission: string, on?: OnResource<FastifyRequest>): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      const identity = request.identity ?? undefined
      if (on === undefined) demandPermission(identity, permission)
      else await demandAccess(identity, permission, on, request)
    } catch (error) {
      return answer(error, reply)
    }
  }
}

function answer(error: unknown, reply: FastifyReply): FastifyReply {
  const problem = problemFrom(error)
  // As bytes: to text Fastify would add a charset, and RFC 8259 §11 defines none.
  return reply.code(problem.status).headers(problem.headers).send(Buffer.from(problem.body))
}
