import type { Server } from 'node:http'
import { createServer as createPlainServer } from 'node:http'
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2'
import { createSecureServer } from 'node:http2'
import type { ClientCertificates, TlsMaterial } from '../tls.ts'
import { tlsOptions } from '../tls.ts'
import { Http1Answer } from './data-answer.ts'
import { Answer, boundControlFrames, http2Limits } from './http2.ts'

const maxHeaderBytes = 16_384

export type ListenerOptions = {
  readonly tls: TlsMaterial | null
  /** What clients prove themselves with; null where with nothing. */
  readonly clients?: ClientCertificates | null
  readonly requestTimeoutSeconds: number
  /** Told of a client that was cut off for control frames. */
  readonly flooded: () => void
}

/** The listener without its handlers: HTTP/1.1 in the clear, or HTTP/2 and HTTP/1.1 by what the client offers (RFC 7301). */
export function createListener({ tls, clients = null, requestTimeoutSeconds, flooded }: ListenerOptions): Server {
  const limits = http1Limits(requestTimeoutSeconds)
  if (tls === null) {
    const server = createPlainServer(limits)
    server.maxHeadersCount = 0
    return server
  }
  const server: Http2SecureServer = createSecureServer({
    ...http2Limits,
    ...tlsOptions(tls, clients),
    allowHTTP1: true,
    Http2ServerResponse: Answer,
    http1Options: limits,
  })
  // Which timeout of a connection is meant is said apart for both versions: `slow-clients.ts`.
  server.on('session', (session: ServerHttp2Session) => {
    boundControlFrames(session, flooded)
    session.on('error', () => session.destroy())
  })
  server.on('sessionError', () => {})
  const http1 = server as unknown as Server
  http1.maxHeadersCount = 0
  return http1
}

const http1Limits = (requestTimeoutSeconds: number) => ({
  ServerResponse: Http1Answer,
  maxHeaderSize: maxHeaderBytes,
  // Node refuses one that is longer than the whole request may take.
  headersTimeout: Math.min(10, requestTimeoutSeconds) * 1000,
  requestTimeout: requestTimeoutSeconds * 1000,
  // Who asks nothing more is `slow-clients.ts`'s to find: a timer for each connection would be set anew with each answer.
  keepAliveTimeout: 0,
  connectionsCheckingInterval: 2_000,
  // Node's own answer to a missing one is an empty 400: ours says what is missing.
  requireHostHeader: false,
  insecureHTTPParser: false,
  // A request that announces no body is over when its head is there: no stream lives and ends for it.
  optimizeEmptyRequests: true,
})
