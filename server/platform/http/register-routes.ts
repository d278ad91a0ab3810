import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import type { Waiting } from './answers.ts'
import { awaitEnd } from './answers.ts'
import type { Lifecycle } from './api-versions.ts'
import { lifecycleOf } from './api-versions.ts'
import type { Timed } from './deadlines.ts'
import { Deadlines } from './deadlines.ts'
import { refuseRequest } from './errors.ts'
import { hostName } from './hosts.ts'
import { LargeBodies } from './large-bodies.ts'
import type { Told } from './limits.ts'
import type { Exchange, PipelineServices } from './pipeline.ts'
import { runPipeline } from './pipeline.ts'
import type { BodyProof, RequestHead } from './ports.ts'
import type { Principal } from './principal.ts'
import type { RawBody } from './raw-body.ts'
import { ending, noBody } from './raw-body.ts'
import type { Route, RouteRequest, Who } from './route.ts'
import { Reply } from './route.ts'
import type { HttpServerOptions } from './server.ts'
import { endAsJson } from './transport/data-answer.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the pipeline knows of a request to a declared route; null on any other. */
    call: Call | null
  }
}

/** Methods of which Fastify reads no body. */
export const bodyless: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Gives every declared route to Fastify, with the pipeline before its body and its schemas around its use case. */
export function registerRoutes(
  app: FastifyInstance,
  { routes, services, metrics, bodyLimitBytes, requestTimeoutSeconds, apiVersions = {} }: HttpServerOptions,
): void {
  const durations = metrics.duration('custodia_http_request_seconds', 'Time to answer a request.', ['route', 'status'])
  const calls = metrics.counter('custodia_api_calls_total', 'Calls of the API by its version.', [
    'version',
    'deprecated',
  ])
  const deadlines = new Deadlines(requestTimeoutSeconds * 1000)
  const large = new LargeBodies()
  const enterLarge: preParsingHookHandler = ({ raw, call }, _reply, body, done) => {
    const { route, head } = call as Call
    const most = route.bodyLimitBytes ?? bodyLimitBytes
    try {
      large.enter(raw, head.address, Math.min(Number(head.headers['content-length'] ?? most), most))
      done(null, body)
    } catch (error) {
      done(error as Error)
    }
  }
  app.addHook('onClose', async () => deadlines.close())
  app.decorateRequest('call', null)

  for (const route of routes) {
    const json = route.replyType === undefined
    const lifecycle = lifecycleOf(route, apiVersions)
    const { headers, version } = lifecycle
    const callLabels = { version: version ?? 'none', deprecated: `${lifecycle.deprecation !== null}` }
    const labelsFor = durationLabels(`${route.method} ${route.path}`)
    const served: Served = {
      route,
      lifecycle,
      deadlines,
      took: (seconds, status) => durations.observe(seconds, labelsFor(status)),
      stringify: undefined,
    }
    app.route({
      method: route.method as 'GET',
      url: route.path,
      bodyLimit: route.bodyLimitBytes ?? bodyLimitBytes,
      schema: {
        ...(route.params === undefined ? {} : { params: route.params }),
        ...(route.query === undefined ? {} : { querystring: { ...route.query, additionalProperties: false } }),
        ...(route.body === undefined ? {} : { body: route.body }),
        ...(json ? { response: { '2xx': route.reply } } : {}),
      },
      onRequest: (request, reply, done) => {
        const call = new Call(served, request, reply)
        request.call = call
        if (version !== null) calls.add(1, callLabels)
        if (headers !== null) call.tell(headers)
        deadlines.begin(call)
        awaitEnd(reply.raw, call)
        try {
          const waiting = runPipeline(call, services)
          if (waiting === undefined) done()
          else waiting.finally(() => renew(services, call)).then(() => done(), done)
        } catch (error) {
          done(error as Error)
        }
      },
      // JSON is read as a whole before anything is looked at, and what is anything else by most who take it.
      preParsing: bodyless.has(route.method)
        ? []
        : route.rawBody === 'any' && route.who === 'anyone'
          ? [endNothing, enterLarge]
          : endNothing,
      // Fastify reads no body of bodyless methods, so that there is none to refuse, and what was signed is held to that right before the answer.
      preValidation: bodyless.has(route.method)
        ? []
        : route.body === undefined && route.rawBody === undefined
          ? [endProof, refuseBody]
          : endProof,
      handler: (request, reply) => {
        if (route.query === undefined) refuseQuery(request.query)
        answer(route, reply, request.call as Call)
      },
    })
  }
}

/** A route, and what every request to it shares. */
type Served = {
  readonly route: Route
  readonly lifecycle: Lifecycle
  readonly deadlines: Deadlines
  /** Told of each answer that was sent. */
  readonly took: (seconds: number, status: number) => void
  /** By the schema of its reply. */
  stringify: ((body: Record<string, unknown>) => string) | undefined
}

/** One request on its way: what the pipeline fills in, and what a handler sees. The signal is made only where it is asked for. */
class Call implements Exchange, Timed, Waiting, RouteRequest<Who, TObject, TObject, TSchema> {
  readonly route: Route
  readonly lifecycle: Lifecycle
  readonly raw: FastifyRequest['raw']
  readonly head: RequestHead
  principal: Principal | null = null
  proof: BodyProof | null = null
  readonly startedMs = performance.now()
  earlier: Timed | null = null
  later: Timed | null = null
  readonly #served: Served
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  #ended = false
  #told = false
  #ending: AbortController | null = null

  constructor(served: Served, request: FastifyRequest, reply: FastifyReply) {
    this.#served = served
    this.route = served.route
    this.lifecycle = served.lifecycle
    this.raw = request.raw
    this.head = headOf(request)
    this.#request = request
    this.#reply = reply
  }
  get params(): Record<string, unknown> {
    return this.#request.params as Record<string, unknown>
  }
  get query(): Record<string, unknown> {
    return this.#request.query as Record<string, unknown>
  }
  get body(): unknown {
    return this.#request.body
  }
  get rawBody(): RawBody {
    return ((this.route.rawBody === undefined ? null : this.#request.body) as RawBody | null) ?? noBody
  }
  get requestId(): string {
    return this.#request.id
  }
  get signal(): AbortSignal {
    if (this.#ending === null) {
      this.#ending = new AbortController()
      if (this.#ended) this.#ending.abort()
    }
    return this.#ending.signal
  }

  tell(fields: Told): void {
    this.#told = true
    void this.#reply.headers(fields)
  }

  /**
   * Answers with a body as JSON past Fastify, whose way of answering is a good part of what a short request costs.
   *
   * @returns false where there is more to say in the head, or another way to say it.
   */
  answered(status: number, body: unknown): boolean {
    // Its time was over, or its client left: nothing can be added to what was said.
    if (this.#reply.raw.headersSent || this.#reply.raw.destroyed) return true
    if (this.#told || this.raw.httpVersionMajor !== 1 || this.head.method === 'HEAD') return false
    if (this.route.replyType !== undefined) return false
    this.#served.stringify ??= this.#reply.getSerializationFunction('2xx')
    const { stringify } = this.#served
    if (stringify === undefined) return false
    endAsJson(this.#reply.raw, status, stringify(body as Record<string, unknown>))
    return true
  }

  over({ writableFinished, statusCode }: ServerResponse): void {
    const { deadlines, took } = this.#served
    this.#ended = true
    this.#ending?.abort()
    deadlines.end(this)
    if (writableFinished) took((performance.now() - this.startedMs) / 1000, statusCode)
  }

  /** The time is over: whoever waits gets an answer, and with it the signal is given to whoever works on it. */
  overdue(): void {
    const reply = this.#reply
    if (reply.sent) return
    if (reply.raw.headersSent) reply.raw.destroy()
    // Whoever has not sent the whole of their request yet is who was waited for.
    else if (bodyIsMissing(this.#request))
      void reply.header('connection', 'close').send(refuseRequest('REQUEST_TIMEOUT'))
    else void reply.send(refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 }))
  }
}

function bodyIsMissing({ raw, headers }: FastifyRequest): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return announced && !raw.complete
}

/** The labels of one route's durations by status: the same object each time, which the figures know again without reading it. */
function durationLabels(route: string): (status: number) => Record<string, string> {
  const known = new Map<number, Record<string, string>>()
  return (status) => {
    const labels = known.get(status) ?? { route, status: `${status}` }
    known.set(status, labels)
    return labels
  }
}

/** What takes the place of the caller's credential goes with whatever they are answered. Nothing is replaced without waiting. */
function renew({ authenticators }: PipelineServices, call: Call): void {
  for (const { renewal } of authenticators) {
    const cookie = renewal?.(call.head) ?? null
    if (cookie !== null) call.tell({ 'set-cookie': cookie })
  }
}

/** Where no body was announced, the HTTP server says at once that it is over, and never again. */
const endNothing: preParsingHookHandler = (_request, _reply, body, done) => done(null, ending(body as Readable))

/** A body was held to what was signed while it was parsed; that there is none is held to it here. */
function endProof(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  try {
    const waiting = request.call?.proof?.end()
    if (waiting === undefined) done()
    else waiting.then(() => done(), done)
  } catch (error) {
    done(error as Error)
  }
}

function refuseBody(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const has = request.body !== undefined && request.body !== null
  done(has ? refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'is not taken here' }) : undefined)
}

/** Sends by itself, which spares Fastify the waiting for a promise of a reply that is there already. */
function answer(route: Route, reply: FastifyReply, call: Call): void {
  const fail = (error: unknown) => {
    // What is no Error would be taken for the reply's body.
    void reply.send(error instanceof Error ? error : new Error('something else than an Error was thrown'))
  }
  const give = (result: unknown) => {
    try {
      send(call, reply, result)
    } catch (error) {
      fail(error)
    }
  }
  try {
    const { proof } = call
    const result = proof !== null && bodyless.has(route.method) ? proven(route, call, proof) : route.handle(call)
    if (result instanceof Promise) result.then(give, fail)
    else give(result)
  } catch (error) {
    fail(error)
  }
}

async function proven(route: Route, call: Call, proof: BodyProof): Promise<unknown> {
  await proof.end()
  return await route.handle(call)
}

function send(call: Call, reply: FastifyReply, result: unknown): void {
  const { status, body, headers } = result instanceof Reply ? result : plain(result)
  if (headers === null && body !== null && status < 300 && call.answered(status, body)) return
  const { route } = call
  void reply.code(body === null && status === 200 ? 204 : status)
  if (headers !== null) void reply.headers(headers)
  if (route.replyType !== undefined && !reply.hasHeader('content-type')) void reply.type(route.replyType)
  void (body === null ? reply.send() : reply.send(body))
}

const plain = (body: unknown) => ({ status: 200, body, headers: null })

/** The head of a request, as authenticators see it. */
export function headOf(request: FastifyRequest): RequestHead {
  const { method = 'GET', headers } = request.raw
  return {
    method,
    url: request.raw.url ?? '/',
    host: hostName(headers.host) ?? '',
    headers,
    rawHeaders: request.raw.rawHeaders,
    // Of a client that is gone already nobody knows it, whatever the type says.
    address: (request.ip as string | undefined) ?? '',
  }
}

/** Where a route has no schema for it. By hand: each request is asked, and nearly none has a query. */
function refuseQuery(query: unknown): void {
  for (const name in query as Record<string, unknown>)
    throw refuseRequest('REQUEST_INVALID', { field: `query.${name}`.slice(0, 200), detail: 'is not known here' })
}
