import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import { refuseRequest } from './errors.ts'
import { hostName } from './hosts.ts'
import type { Exchange } from './pipeline.ts'
import { runPipeline } from './pipeline.ts'
import type { RequestHead } from './ports.ts'
import type { Principal } from './principal.ts'
import type { Route, RouteRequest, Who } from './route.ts'
import { Reply } from './route.ts'
import type { HttpServerOptions } from './server.ts'

const nothing = { type: 'object', properties: {}, additionalProperties: false } as const
const exchanges = new WeakMap<FastifyRequest, Exchange>()

/** Gives every declared route to Fastify, with the pipeline before its body and its schemas around its use case. */
export function registerRoutes(
  app: FastifyInstance,
  { routes, services, metrics, bodyLimitBytes }: HttpServerOptions,
): void {
  const durations = metrics.duration('custodia_http_request_seconds', 'Time to answer a request.', ['route', 'status'])

  for (const route of routes) {
    const json = route.replyType === undefined
    app.route({
      method: route.method as 'GET',
      url: route.path,
      bodyLimit: route.bodyLimitBytes ?? bodyLimitBytes,
      schema: {
        params: route.params ?? nothing,
        querystring: closed(route.query),
        ...(route.body === undefined ? {} : { body: route.body }),
        ...(json ? { response: { '2xx': route.reply } } : {}),
      },
      onRequest: (request, _reply, done) => {
        const exchange: Exchange = { route, raw: request.raw, head: headOf(request), principal: null }
        exchanges.set(request, exchange)
        try {
          const waiting = runPipeline(exchange, services)
          if (waiting === undefined) done()
          else waiting.then(() => done(), done)
        } catch (error) {
          done(error as Error)
        }
      },
      preValidation: (request, _reply, done) => {
        if (route.body === undefined && request.body !== undefined && request.body !== null)
          return done(refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'is not taken here' }))
        done()
      },
      onResponse: (_request, reply, done) => {
        durations.observe(reply.elapsedTime / 1000, {
          route: `${route.method} ${route.path}`,
          status: `${reply.statusCode}`,
        })
        done()
      },
      handler: async (request, reply) => send(route, reply, await route.handle(new Call(request))),
    })
  }
}

/** What a handler sees of its request. The signal is made only where it is asked for. */
class Call implements RouteRequest<Who, TObject, TObject, TSchema> {
  readonly principal: Principal
  readonly head: RequestHead
  readonly #request: FastifyRequest

  constructor(request: FastifyRequest) {
    const exchange = exchanges.get(request) as Exchange
    this.principal = exchange.principal as Principal
    this.head = exchange.head
    this.#request = request
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
  get requestId(): string {
    return this.#request.id
  }
  get signal(): AbortSignal {
    return this.#request.signal
  }
}

function send(route: Route, reply: FastifyReply, result: unknown): FastifyReply {
  const { status, body, headers } = result instanceof Reply ? result : { status: 200, body: result, headers: {} }
  void reply.code(body === null && status === 200 ? 204 : status).headers(headers)
  if (route.replyType !== undefined && !reply.hasHeader('content-type')) void reply.type(route.replyType)
  return body === null ? reply.send() : reply.send(body)
}

/** The head of a request, as authenticators see it. */
export function headOf(request: FastifyRequest): RequestHead {
  const { method = 'GET', headers } = request.raw
  return { method, url: request.raw.url ?? '/', host: hostName(headers.host) ?? '', headers, address: request.ip }
}

/** A query without a schema takes nothing; one with a schema takes nothing else. */
function closed(query: TObject | undefined): object {
  return query === undefined ? nothing : { ...query, additionalProperties: false }
}
