import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Server as TlsServer } from 'node:tls'
import { isNavigation } from '@custodia/edge/browser/own-page.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify from 'fastify'
import type { Refusal } from '../errors.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { beginAnswer, closeAfter, lastAnswer, leaveHttp } from './answers.ts'
import type { ApiVersions } from './api-versions.ts'
import { sendChallengePage } from './challenge-page.ts'
import { tidyForwardedFor } from './client-address.ts'
import { endSocket } from './end-socket.ts'
import { refuseRequest } from './errors.ts'
import { hostName } from './hosts.ts'
import { Connections } from './overload/connections.ts'
import type { OverloadFigures } from './overload/figures.ts'
import { defaultOverload } from './overload/figures.ts'
import { SlowClients } from './overload/slow-clients.ts'
import type { Pages } from './pages.ts'
import type { PipelineServices } from './pipeline.ts'
import type { HostHandler } from './ports.ts'
import { isFault, problemFor, problemType } from './problem.ts'
import { takeRaw, whole } from './raw-body.ts'
import { bodyless, registerRoutes } from './register-routes.ts'
import { repeatedIn } from './repeated-headers.ts'
import { requestIds } from './request-ids.ts'
import type { Route } from './route.ts'
import { parseStrictJson } from './strict-json.ts'
import type { ClientCertificates, TlsMaterial } from './tls.ts'
import { tlsOptions } from './tls.ts'
import { endWithProof } from './transport/client-certificate.ts'
import { asData, identify, Standing } from './transport/data-answer.ts'
import type { Demand, Door } from './transport/doors.ts'
import { Doors, doorsRefused, lackingAt } from './transport/doors.ts'
import { asHttp1, maxHeaderLines } from './transport/http2.ts'
import { createListener } from './transport/listener.ts'
import { compileValidator } from './validate.ts'

export type HttpServerOptions = {
  readonly routes: readonly Route[]
  readonly services: PipelineServices
  /** Host names that are Custodia's own; any other goes to `hostHandlers`, or is refused. */
  readonly ownHosts: ReadonlySet<string>
  readonly hostHandlers: readonly HostHandler[]
  readonly pages: Pages | null
  readonly tls: TlsMaterial | null
  /** Of whom certificates are demanded; of nobody unless said. Only with `tls`. */
  readonly demands?: readonly Demand[]
  readonly log: Log
  readonly metrics: Metrics
  readonly trustedProxies: readonly string[]
  readonly requestTimeoutSeconds: number
  readonly bodyLimitBytes: number
  /** None is deprecated or closed unless said. */
  readonly apiVersions?: ApiVersions
  /** Connections and slow clients; `defaultOverload` unless said. */
  readonly overload?: OverloadFigures
}

export type HttpServer = {
  /** @returns the port that was bound. */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connection, lets requests in flight finish for `graceSeconds`, then ends what is left. */
  drain(graceSeconds: number): Promise<void>
  /** Handshakes from now on see this certificate; connections that stand go on. */
  present(material: TlsMaterial): void
  /** Puts another demand in the place of the one for the same host: connections under the old one carry no more requests. */
  demand(demand: Demand): void
}

/** Builds the one listener: Custodia's own routes and pages, and whole hosts that a module serves. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, overload = defaultOverload } = options
  const connections = new Connections(overload, options.trustedProxies, options.metrics)
  const slow = new SlowClients({ ...overload, requestTimeoutSeconds: options.requestTimeoutSeconds }, options.metrics)
  const behindProxies = options.trustedProxies.length > 0
  let server: Server | undefined
  let doors: Doors | null = null
  const standing = new Standing(options.tls !== null)
  let material = options.tls
  let own: ((request: IncomingMessage, response: ServerResponse) => void) | undefined

  // The HTTP server forgets these, and would still wait for them when it closes.
  const upgraded = new Set<Duplex>()

  const claiming = (host: string | null) =>
    host === null ? undefined : options.hostHandlers.find((one) => one.claims(host))

  const lacking = (door: Door | null, request: IncomingMessage) =>
    door === null ? null : lackingAt(door, request, options.services.clock.nowMs())

  const dispatch = (request: IncomingMessage, response: ServerResponse, door: Door | null): void => {
    if (!beginAnswer(request, response)) return
    // A version that the connection does not speak.
    if (request.httpVersionMajor !== 1 && !('stream' in request)) {
      refuseHead(response, 'REQUEST_HEADER_INVALID', 'version')
      return
    }
    slow.begin(request)
    if (behindProxies) tidyForwardedFor(request)
    if (request.httpVersionMajor === 2 && !asHttp1(request)) {
      refuseHead(response, 'REQUEST_HEADER_INVALID', 'header.:authority')
      return
    }
    const host = hostName(request.headers.host)
    const coding = request.headers['transfer-encoding']
    const repeated = repeatedIn(request)
    const handler = host !== null && options.ownHosts.has(host) ? null : claiming(host)
    const reason = lacking(door, request)
    // Whatever it is answered with here: whole hosts that a module serves speak for themselves.
    if (handler === null || handler === undefined) asData(response, standing)
    // RFC 9112 §6.1: what is coded in another way would be passed on undone, and is of a length that we do not know.
    if (request.rawHeaders.length > maxHeaderLines * 2) refuseHead(response, 'REQUEST_HEADERS_TOO_LARGE', 'header')
    else if (coding !== undefined && coding.toLowerCase() !== 'chunked')
      refuseHead(response, 'REQUEST_HEADER_INVALID', 'header.transfer-encoding')
    else if (repeated !== null)
      refuseHead(response, 'REQUEST_HEADER_INVALID', `header.${repeated}`, { detail: 'appears twice' })
    else if (handler === undefined)
      refuseHead(response, host === null ? 'REQUEST_HEADER_INVALID' : 'HOST_UNKNOWN', 'header.host')
    else if (doors !== null && !doors.leadsTo(host, door, request))
      refuseHead(response, 'CONNECTION_MISDIRECTED', 'header.host')
    else if (reason !== null) refuseHead(response, 'CLIENT_CERTIFICATE_REQUIRED', 'connection', { reason })
    else if (handler === null) own?.(request, response)
    else handler.handle(request, response)
  }

  const create = (clients: ClientCertificates | null) =>
    createListener({
      tls: material,
      clients,
      requestTimeoutSeconds: options.requestTimeoutSeconds,
      flooded: () => slow.flooded(),
    })

  const serve = (one: Server, door: Door | null): void => {
    slow.watch(one)
    one.on('request', (request, response) => dispatch(request, response, door))
    one.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Node lets go of the socket here; an error that nobody listens for would end the whole process.
      socket.on('error', () => socket.destroy())
      upgraded.add(socket)
      if (behindProxies) tidyForwardedFor(request)
      socket.once('close', () => upgraded.delete(socket))
      // RFC 9112 §9.3.2: answers go in order. What is said here would stand within one that is still on its way.
      const last = lastAnswer(socket)
      if (last === 'closing' || (typeof last === 'object' && !last.writableFinished)) return void socket.destroy()
      leaveHttp(socket)
      const host = hostName(request.headers.host)
      const handler = claiming(host)
      if (request.rawHeaders.length > maxHeaderLines * 2) endSocket(socket, bare('431 Request Header Fields Too Large'))
      else if (handler === undefined) endSocket(socket, bare('404 Not Found'))
      else if (doors !== null && !doors.leadsTo(host, door, request)) endSocket(socket, bare('421 Misdirected Request'))
      else if (lacking(door, request) !== null) endSocket(socket, bare('403 Forbidden'))
      else {
        if (door !== null) endWithProof(socket, request, options.services.clock)
        handler.upgrade(request, socket, head)
      }
    })
    one.on('clientError', refuseMalformed)
  }

  const app: FastifyInstance = Fastify({
    logger: false,
    genReqId: requestIds(),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: options.bodyLimitBytes,
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      const problem = problemFor(error, request.id)
      const bare = reply as FastifyReply
      void bare.code(problem.status).headers(problem.headers).type(problemType).send(problem.body)
    },
    serverFactory: (handler) => {
      own = handler as typeof own
      server = create(null)
      if (options.demands !== undefined && options.demands.length > 0) {
        doors = new Doors({ create, serve, refused: doorsRefused(options.metrics) })
        doors.standBefore(server)
        for (const one of options.demands) doors.demand(one)
      }
      connections.bound(server)
      serve(server, null)
      return server
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (request.call?.route.rawBody === true) throw refuseRequest('MEDIA_TYPE_UNSUPPORTED')
      request.call?.proof?.hold(body as Buffer)
      done(null, request.call?.route.rawBody === 'any' ? whole(body as Buffer) : parseStrictJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    takeRaw(request, payload, options.bodyLimitBytes),
  )
  app.setValidatorCompiler(({ schema, httpPart }) => compileValidator(schema as object, httpPart ?? 'body'))
  app.setErrorHandler((error, request, reply) => {
    if (isFault(error, reply.raw))
      log.error({ requestId: request.id, route: request.routeOptions.url, error }, 'a request failed')
    const problem = problemFor(error, request.id)
    // The rest of a body that nobody wants is not waited for.
    if (request.call?.route.rawBody !== undefined) void reply.header('connection', 'close')
    void reply.code(problem.status).headers(problem.headers)
    const page = isNavigation(request.method, request.headers) ? sendChallengePage(error, request.id, reply) : null
    if (page !== null) return page
    return reply.type(problemType).serializer(JSON.stringify).send(problem.body)
  })
  app.addHook('onRequest', (request, reply, done) => {
    identify(reply.raw, request.id)
    // Nobody reads a body that is for no route.
    done(request.is404 && !bodyless.has(request.method) ? unknownRoute(options.routes, request, reply) : undefined)
  })
  registerRoutes(app, options)
  app.setNotFoundHandler((request, reply) => {
    const page = options.pages?.serve(request, reply)
    if (page === true) return reply
    throw unknownRoute(options.routes, request, reply)
  })
  await app.ready()

  return {
    async listen(host, port) {
      await app.listen({ host, port })
      return (app.addresses()[0] as AddressInfo).port
    },
    async drain(graceSeconds) {
      const endUpgraded = () => {
        for (const socket of upgraded) socket.destroy()
      }
      endUpgraded()
      doors?.close()
      const late = setTimeout(() => {
        connections.endAll()
        endUpgraded()
      }, graceSeconds * 1000)
      await app.close()
      clearTimeout(late)
      slow.close()
    },
    present(another) {
      material = another
      if (server !== undefined && 'setSecureContext' in server)
        (server as unknown as TlsServer).setSecureContext(tlsOptions(another))
      doors?.present(another)
    },
    demand: (demand) => doors?.demand(demand),
  }
}

type HeadRefusal =
  | 'REQUEST_HEADER_INVALID'
  | 'REQUEST_HEADERS_TOO_LARGE'
  | 'HOST_UNKNOWN'
  | 'CONNECTION_MISDIRECTED'
  | 'CLIENT_CERTIFICATE_REQUIRED'

const bare = (status: string) => `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`

/** Refused before anybody reads on: the connection ends, so that nothing after it is taken for a request. */
function refuseHead(
  response: ServerResponse,
  code: HeadRefusal,
  field: string,
  more: Record<string, string> = {},
): void {
  closeAfter(response)
  const problem = problemFor(refuseRequest(code, { field, ...more }), '-')
  const body = JSON.stringify(problem.body)
  response.writeHead(problem.status, {
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  })
  response.end(body)
}

/** What Node's parser throws at, answered on the bare socket. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const last = lastAnswer(socket)
  // One answer a request: a second would be taken for that to the next one, whoever sends it.
  if (typeof last === 'string') return void endSocket(socket, '')
  if (last?.headersSent === true) return void (last.writableEnded ? endSocket(socket, '') : socket.destroy())
  const code = socketErrors[error.code ?? ''] ?? 'REQUEST_HEADER_INVALID'
  const problem = problemFor(refuseRequest(code), '-')
  const body = JSON.stringify(problem.body)
  endSocket(
    socket,
    `HTTP/1.1 ${problem.status} ${code}\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const socketErrors: Readonly<Record<string, 'REQUEST_TIMEOUT' | 'REQUEST_HEADERS_TOO_LARGE'>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'REQUEST_HEADERS_TOO_LARGE',
}

function unknownRoute(routes: readonly Route[], request: FastifyRequest, reply: FastifyReply): Refusal {
  const allowed = methodsFor(routes, request.url)
  if (allowed.length === 0) return refuseRequest('ROUTE_UNKNOWN')
  void reply.header('allow', allowed.join(', '))
  return refuseRequest('METHOD_NOT_ALLOWED')
}

function methodsFor(routes: readonly Route[], url: string): string[] {
  const path = (url.split('?')[0] as string).split('/')
  const matching = routes.filter((route) => {
    const pattern = route.path.split('/')
    return pattern.length === path.length && pattern.every((part, i) => part.startsWith(':') || part === path[i])
  })
  return [...new Set(matching.map((route) => route.method))].sort()
}
