import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { isNavigation } from '@custodia/edge/browser/own-page.ts'
import { challengeScriptHeaders, challengeScripts } from '@custodia/edge/challenge/page.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import type { Dispatcher } from 'undici'
import { Pool } from 'undici'
import type { Browser } from '../browser/api.ts'
import { isRefusal } from '../platform/errors.ts'
import { sendChallengePage } from '../platform/http/challenge-page.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { isFault, problemFor, problemType } from '../platform/http/problem.ts'
import { headOf } from '../platform/http/register-routes.ts'
import { requestIds } from '../platform/http/request-ids.ts'
import { clientProof } from '../platform/http/transport/client-certificate.ts'
import type { Random } from '../platform/random.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { AdmitNeeds, Admitted } from './admit.ts'
import { admit, checkHead, introductionOf } from './admit.ts'
import type { Application } from './applications.ts'
import { browserDefence, reportPath } from './edge/browser.ts'
import type { FileLog } from './edge/file-log.ts'
import type { AllowedInput, InputDefence } from './edge/input.ts'
import { HeldReplies } from './edge/input-replies.ts'
import { tell } from './edge/limits.ts'
import type { Passed, Turned, UploadDefence } from './edge/uploads.ts'
import type { UploadRule } from './edge/uploads-config.ts'
import { uploadRuleFor } from './edge/uploads-config.ts'
import { refuse } from './errors.ts'
import type { HeldBodies } from './held-bodies.ts'
import { incomingBody, remadeHeaders } from './incoming-body.ts'
import { outgoingHeaders, returningHeaders } from './outgoing-headers.ts'
import { Passage } from './passage.ts'
import { refusalPage, refusalPageHeaders } from './refusal-page.ts'
import { clearReturnCookie, readReturnCookie, returnCookie, safePath } from './return-cookie.ts'
import type { Place } from './upstream-queue.ts'
import { UpstreamQueue } from './upstream-queue.ts'
import type { Upstreams } from './upstreams.ts'
import { failureOf, isLate, upstreamPool } from './upstreams.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What was decided on this request to an application; null before. */
    admitted: Admitted | null
    /** What the application writes into its scripts; null where it writes nothing. */
    nonce: string | null
    /** Whether the reply is the application's, and not ours. */
    forwarded: boolean
    /** The body where it is passed on before it is whole; null where nobody waits for more of it. */
    arriving: Readable | null
    /** What the application's document says of this request; null where it says nothing. */
    allowed: AllowedInput | null
    /** Where this request may bring files; null where it is passed on as it comes. */
    uploadRule: UploadRule | null
    /** What goes on instead of what came; null before, and where that is the same. */
    remade: Passed | null
  }
}

export type ServeNeeds = AdmitNeeds & {
  readonly random: Random
  readonly browser: Browser
  readonly log: Log
  readonly publicUrl: string
  readonly trustedProxies: readonly string[]
  readonly bodies: HeldBodies
  readonly uploads: UploadDefence
  /** Told of each file that was not passed on. */
  readonly files: FileLog
  readonly upstreams: Upstreams
  /** Told of each request that was refused since the application was asked enough already. */
  readonly busy: (application: string) => void
  /** Applications that are held to their documents, by name. */
  readonly inputs: ReadonlyMap<string, InputDefence>
  /** Called when a session reaches this application's host for the first time. */
  readonly arrived: (application: string, sessionId: string) => void
  /** Ends the session that this request's cookie stands for. @returns the Set-Cookie header that removes it. */
  readonly signOut: (head: ReturnType<typeof headOf>) => Promise<string>
}

/** One application as a server of its own: decides on each request, and passes on what may pass. */
export async function serveApplication(
  application: Application,
  origin: string,
  needs: ServeNeeds,
): Promise<FastifyInstance> {
  const protocol = origin.startsWith('https:') ? 'https' : 'http'
  const host = origin.slice(origin.indexOf('//') + 2)
  const app = Fastify({
    logger: false,
    trustProxy: needs.trustedProxies.length > 0 ? [...needs.trustedProxies] : false,
    forceCloseConnections: true,
    genReqId: requestIds(),
    frameworkErrors: (error, request, reply) => answer(error, request, reply as FastifyReply),
  })
  // Bodies are passed on as they arrive: nobody here reads them, but for those that were signed.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.setErrorHandler((error, request, reply) => answer(error, request, reply))
  const pool = new Pool(
    application.upstream,
    upstreamPool(application.timeoutSeconds, needs.upstreams.get(application.name)),
  )
  app.addHook('onClose', () => pool.destroy())

  const queue = new UpstreamQueue(() => needs.busy(application.name))
  app.decorateRequest('arriving', null)
  app.decorateRequest('admitted', null)
  app.decorateRequest('nonce', null)
  app.decorateRequest('forwarded', false)
  const browser = browserDefence(application, origin, needs)
  app.addHook('onSend', (request, reply, payload, done) => {
    try {
      done(null, browser.send(request, reply, payload))
    } catch (error) {
      done(error as Error)
    }
  })
  app.decorateRequest('allowed', null)
  app.decorateRequest('uploadRule', null)
  app.decorateRequest('remade', null)
  const ofBodies = {
    ...needs,
    fileRefused: ({ admitted }: FastifyRequest, turned: Turned) =>
      needs.files.refused(application.name, admitted?.caller?.principal ?? null, turned),
  }
  const input = needs.inputs.get(application.name) ?? null
  const looksAtReplies = input !== null && input.settings.replies !== 'off'
  const replies = new HeldReplies()
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/*',
    onRequest: async (request, reply) => {
      const head = headOf(request)
      const path = checkHead(head, request.raw.rawHeaders)
      tell(reply, await needs.limits.get(application.name)?.arrive(head.method, path, head.address, head))
      if (path.startsWith('/.custodia/')) return await own(path, request, reply, head)
      const others = browser.admit(head, path)
      if (others.kind !== 'none') void reply.headers(others.headers)
      if (others.kind === 'preflight') return await reply.code(204).send()
      const proof = clientProof(request.raw, needs.clock.nowMs())
      const admitted = others.kind === 'admitted' ? { admitted: new Set([others.origin]) } : {}
      request.admitted = await admit(application, { head, path, proof, ...admitted }, origin, needs)
      request.nonce = browser.nonce()
      tell(reply, request.admitted.told)
      request.uploadRule = uploadRuleFor(application.edge.uploads, head.method, path)
      try {
        request.allowed = input?.allow(head, path) ?? null
      } catch (error) {
        void reply.header('connection', 'close')
        if (isRefusal(error, 'METHOD_NOT_ALLOWED'))
          void reply.header('allow', [error.details.allowed].flat().join(', '))
        throw error
      }
    },
    preParsing: (request, reply, payload, done) =>
      incomingBody(request, reply, payload as IncomingMessage, ofBodies, done),
    handler(request, reply) {
      const place = enter(request, reply)
      if (!(place instanceof Promise)) return pass(place, request, reply)
      place.then((one) => pass(one, request, reply)).catch((error) => answer(error, request, reply))
    },
  })
  app.setNotFoundHandler(() => {
    throw refuseRequest('METHOD_NOT_ALLOWED')
  })
  await app.ready()
  return app

  function enter(request: FastifyRequest, reply: FastifyReply): Place | Promise<Place> {
    if (request.arriving === null) return queue.enter()
    try {
      return queue.enterArriving(request.ip)
    } catch (error) {
      // Whatever still comes of the body is nobody's next request.
      void reply.header('connection', 'close')
      throw error
    }
  }

  function pass(place: Place, request: FastifyRequest, reply: FastifyReply): void {
    const { raw } = reply
    // Whoever went away while they waited asks nobody any more.
    if (raw.destroyed) {
      place.gone()
      return
    }
    const passage = new Passage(raw, {
      answered(status, headers) {
        place.answered()
        return begin(status, headers, request, reply)
      },
      failed(error, began) {
        const late = isLate(error)
        if (late) place.late()
        else place.gone()
        // Of a client that broke off its body the application is not to blame, and nobody waits for an answer.
        if (raw.destroyed) return
        const { code, reason } = failureOf(error)
        needs.log.warn({ application: application.name, ...reason, error }, 'the upstream failed')
        if (!began) answer(refuse(late ? 'GATEWAY_UPSTREAM_SLOW' : code), request, reply)
      },
    })
    raw.once('close', () => {
      place.gone()
      passage.leave()
    })
    request.arriving?.once('end', place.arrived)
    const { method, url } = request.raw
    const body = (request.body ?? null) as Readable | null
    pool.dispatch(
      { method: method as Dispatcher.HttpMethod, path: url as string, headers: asked(request), body },
      passage,
    )
  }

  /** The head of the request as the application gets it. */
  function asked(request: FastifyRequest): IncomingHttpHeaders {
    const introduction = { ...introductionOf(request.admitted), address: request.ip, host, protocol } as const
    const headers = outgoingHeaders(request.raw.headers, introduction)
    Object.assign(headers, browser.asking(request), remadeHeaders(request))
    // What is packed could not be looked into.
    if (looksAtReplies) headers['accept-encoding'] = 'identity'
    return headers
  }

  /** Begins to pass a reply on. @returns what takes its body. @throws Error where its head is none. */
  function begin(status: number, given: IncomingHttpHeaders, request: FastifyRequest, reply: FastifyReply): Writable {
    const headers = returningHeaders(given)
    // RFC 9111 §3: of what says nothing a shared cache may keep a copy, and whose cookie it was made for is nothing to it.
    if (request.admitted?.caller != null) headers['cache-control'] ??= 'private'
    // Whatever still comes of the body is nobody's next request.
    if (!request.raw.complete && request.raw.httpVersionMajor === 1) headers.connection = 'close'
    const theirs = browser.arriving(headers)
    request.forwarded = true
    try {
      void reply.code(status).headers(theirs)
      if (looksAtReplies || browser.watches) {
        const body = new PassThrough()
        body.on('error', () => {})
        if (looksAtReplies) void lookAtReply(body, theirs, request, reply)
        else void reply.send(body)
        return body
      }
      browser.send(request, reply, null)
      reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders)
      // What is of no length may come much later, as events do.
      if (theirs['content-length'] === undefined) reply.raw.flushHeaders()
      return reply.raw
    } catch (error) {
      disown(theirs, request, reply)
      throw error
    }
  }

  /** What the application said of its own reply is not said of ours. */
  function disown(theirs: IncomingHttpHeaders, request: FastifyRequest, reply: FastifyReply): void {
    request.forwarded = false
    for (const name in theirs) reply.removeHeader(name)
  }

  /** Passes a reply on as it came, or says in its place that it is not one that the application may give. */
  async function lookAtReply(
    body: Readable,
    theirs: IncomingHttpHeaders,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const { allowed, method, id } = request
    if (allowed === null || method === 'HEAD') return void reply.send(body)
    const answered = { status: reply.statusCode, headers: theirs, stream: body, address: request.ip }
    const seen = await replies.look(allowed, answered, (release) => reply.raw.once('close', release)).catch(() => null)
    if (seen !== null && seen.unfit !== null)
      needs.log.warn(
        { application: application.name, requestId: id, operation: allowed.operation.name, ...seen.unfit },
        'a reply does not fit the document of its application',
      )
    if (seen !== null && (seen.unfit === null || input?.settings.replies === 'log')) return void reply.send(seen.body)
    body.destroy()
    disown(theirs, request, reply)
    answer(refuse(seen === null ? 'GATEWAY_UPSTREAM_DOWN' : 'GATEWAY_REPLY_UNFIT'), request, reply)
  }

  /** The gateway's own addresses on the application's host. */
  async function own(path: string, request: FastifyRequest, reply: FastifyReply, head: ReturnType<typeof headOf>) {
    const script = head.method === 'GET' ? challengeScripts.get(path) : undefined
    if (script !== undefined) return await reply.headers(challengeScriptHeaders).send(script)
    if (path === '/.custodia/session' && head.method === 'GET') {
      const code = (request.query as Record<string, unknown>).code
      const back = readReturnCookie(head.headers.cookie)
      const started =
        typeof code === 'string' && back !== null
          ? await needs.sessions.redeem(code, application.host, back.state)
          : null
      if (started === null || back === null) throw refuse('GATEWAY_SIGN_IN_EXPIRED')
      needs.arrived(application.name, started.sessionId)
      return await reply
        .header('set-cookie', [started.cookie, clearReturnCookie])
        .header('referrer-policy', 'no-referrer')
        .redirect(back.path, 303)
    }
    if (path === '/.custodia/sign-out' && head.method === 'POST') {
      if (head.headers.origin !== origin) throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.origin' })
      return await reply.header('set-cookie', await needs.signOut(head)).redirect(`${needs.publicUrl}/sign-in`, 303)
    }
    if (path === reportPath && head.method === 'POST') {
      await browser.report(request.raw, head.address)
      return await reply.code(204).send()
    }
    throw refuseRequest('ROUTE_UNKNOWN')
  }

  /** A refusal: for a person who navigates, the sign-in page or a page that explains; for a program, the problem. */
  function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const navigates = isNavigation(request.method, request.headers)
    if (navigates && isRefusal(error, 'AUTHENTICATION_REQUIRED')) return toSignIn(request, reply)
    if (navigates && (isRefusal(error, 'FRESH_FACTOR_REQUIRED') || isRefusal(error, 'GATEWAY_FACTOR_REQUIRED')))
      return toSignIn(request, reply, { again: '1' })
    const problem = problemFor(error, request.id, needs.publicUrl)
    if (isFault(error, reply.raw))
      needs.log.error({ application: application.name, requestId: request.id, error }, 'a request failed')
    void reply.code(problem.status).headers({ ...problem.headers, 'cache-control': 'no-store' })
    if (navigates) void reply.headers(refusalPageHeaders)
    return navigates
      ? (sendChallengePage(error, request.id, reply) ?? reply.send(refusalPage(problem, needs.publicUrl)))
      : reply.type(problemType).send(JSON.stringify(problem.body))
  }

  /** @param more `again`: somebody is signed in, and has to confirm that it is them. */
  function toSignIn(request: FastifyRequest, reply: FastifyReply, more: { again?: '1' } = {}): FastifyReply {
    // A second tab keeps the first one's state, so that both find their way back.
    const state = readReturnCookie(request.headers.cookie)?.state ?? needs.random.bytes(32).toString('base64url')
    const cookie = returnCookie({ state, path: safePath(request.raw.url ?? '/') })
    const query = new URLSearchParams({ host: application.host, state, ...more })
    return reply
      .headers({ 'set-cookie': cookie, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      .redirect(`${needs.publicUrl}/sign-in?${query}`, 302)
  }
}
