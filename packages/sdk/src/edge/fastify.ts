import { Readable } from 'node:stream'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { announcesBody } from '../body.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { Taken, UploadIntake } from '../uploads/intake.ts'
import { takenOf } from '../uploads/intake.ts'
import type { BrowserDefence, BrowserVerdict } from './browser.ts'
import { sentBy } from './challenge.ts'
import type { InputGuard } from './input.ts'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'
import type { BrowserOptions } from './node.ts'
import { arriveNode, closing, headOf, nonceOf as nonceOfNode, proofOf } from './node.ts'

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
    answer(reply, await limits.arrive(request.method, pathOf(request), request.ip, sentBy(request.headers))),
  )
  app.addHook('preParsing', async (request, reply) => {
    const known = caller(request)
    if (known !== null) await answer(reply, await limits.known(request.method, pathOf(request), request.ip, known))
  })
  done()
}

export type DefendBrowserOptions = BrowserOptions<FastifyRequest> & { readonly defence: BrowserDefence }

/**
 * The browser defences: headers on every reply, CORS, refusal of other sites' requests, reports. Register it first.
 *
 * @param options.token where a form has it in a field: it is asked once the body was parsed, and the request refused then.
 * @example await app.register(defendBrowser, { defence: createBrowserDefence({ origins: ['https://inbox.example'] }) })
 */
export const defendBrowser: FastifyPluginCallback<DefendBrowserOptions> = (app, options, done) => {
  const { defence } = options
  const verdicts = new WeakMap<FastifyRequest, BrowserVerdict>()
  app.addHook('onRequest', async (request, reply) => {
    const address = options.address?.(request) ?? request.ip
    const verdict = await arriveNode(defence, request.raw, reply.raw, address)
    verdicts.set(request, verdict)
    if (verdict.answer !== null) return refuse(request, reply, verdict.answer)
  })
  app.addHook(options.token === undefined ? 'onRequest' : 'preValidation', async (request, reply) => {
    const verdict = verdicts.get(request)
    if (verdict === undefined || reply.sent) return
    const answer = await defence.refuse(headOf(request.raw), verdict, () => proofOf(request, options))
    if (answer !== null) return refuse(request, reply, answer)
  })
  done()
}

/** The nonce for the scripts of this reply; null where none is written, or `defendBrowser` does not run before. */
export const nonceOf = (request: FastifyRequest): string | null => nonceOfNode(request.raw)

/**
 * Refuses what can be read in two ways, and what the application's document does not allow, before the body is parsed.
 *
 * @example app.addHook('onRequest', checkInput(input))
 */
export function checkInput(guard: InputGuard): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      await guard.check(request.raw)
    } catch (error) {
      return refuse(request, reply, problemFrom(error))
    }
  }
}

/**
 * Takes requests' files, looked at and scanned, in the place of their bodies. Register it in a scope of its own: every body that comes to
 * a route there is taken for files, and nothing else.
 *
 * @example
 * await app.register(async (scope) => {
 *   await scope.register(takeUploads, { intake: photos })
 *   scope.post('/photos', (request) => save(uploadsOf(request).files))
 * })
 */
export const takeUploads: FastifyPluginCallback<{ readonly intake: UploadIntake }> = (app, { intake }, done) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null, undefined))
  app.addHook('preParsing', async (request, reply, payload) => {
    if (reads.has(request.method) && !announcesBody(request.raw)) return payload
    try {
      uploads.set(request, await intake.take(request.raw))
      return Readable.from([])
    } catch (error) {
      await refuse(request, reply, problemFrom(error))
      return payload
    }
  })
  done()
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])
const uploads = new WeakMap<FastifyRequest, Taken>()

/**
 * What `takeUploads` took.
 *
 * @throws CustodiaError REQUEST_INVALID where it does not run before this route.
 */
export const uploadsOf = (request: FastifyRequest): Taken => takenOf(uploads.get(request))

// Fastify's mark for a plugin that serves the scope it is registered in, and not a scope of its own.
for (const plugin of [limitRequests, defendBrowser, takeUploads])
  Object.assign(plugin, { [Symbol.for('skip-override')]: true })

// As bytes: to text Fastify would add a charset, and RFC 8259 §11 defines none.
export const refuse = (request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply =>
  reply
    .code(problem.status)
    .headers({ ...problem.headers, ...closing(request.raw) })
    .send(Buffer.from(problem.body))

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] as string

function identified(request: FastifyRequest): KnownCaller | null {
  const identity = (request as { identity?: { userId: string; organisationId: string } | null }).identity ?? null
  return identity === null ? null : { account: identity.userId, organisation: identity.organisationId }
}

async function answer(reply: FastifyReply, { headers, refusal }: Limited): Promise<void> {
  void reply.headers(headers)
  if (refusal !== null) await reply.code(refusal.status).headers(refusal.headers).send(Buffer.from(refusal.body))
}
