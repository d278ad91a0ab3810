import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'

export type LimitRequestsOptions = {
  readonly limits: RequestLimits
  /** Who asks, for policies by account, key and organisation; who `custodiaFastify` found unless said. */
  readonly caller?: (request: FastifyRequest) => KnownCaller | null
}

/**
 * Refuses with 429 what has no room: by address before anybody is known, and by account once `custodiaFastify` knows them. Register it
 * first. Behind the gateway or another proxy Fastify's `trustProxy` must name it, or everybody has one address.
 *
 * @example await app.register(limitRequests, { limits: createLimits({ policies }) })
 */
export const limitRequests: FastifyPluginCallback<LimitRequestsOptions> = (app, options, done) => {
  const { limits, caller = identified } = options
  app.addHook('onRequest', async (request, reply) =>
    answer(reply, await limits.arrive(request.method, pathOf(request), request.ip)),
  )
  app.addHook('preParsing', async (request, reply) => {
    const known = caller(request)
    if (known !== null) await answer(reply, await limits.known(request.method, pathOf(request), request.ip, known))
  })
  done()
}

// Fastify's mark for a plugin that serves the scope it is registered in, and not a scope of its own.
Object.assign(limitRequests, { [Symbol.for('skip-override')]: true })

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] as string

function identified(request: FastifyRequest): KnownCaller | null {
  const identity = (request as { identity?: { userId: string; organisationId: string } | null }).identity ?? null
  return identity === null ? null : { account: identity.userId, organisation: identity.organisationId }
}

async function answer(reply: FastifyReply, { headers, refusal }: Limited): Promise<void> {
  void reply.headers(headers)
  if (refusal !== null) await reply.code(refusal.status).headers(refusal.headers).send(Buffer.from(refusal.body))
}
