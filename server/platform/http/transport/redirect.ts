import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { endSocket } from '../end-socket.ts'
import { refuseRequest } from '../errors.ts'
import { hostName } from '../hosts.ts'
import { problemFor, problemType } from '../problem.ts'

type Needs = {
  /** The origin to go to for one of our hosts, lower case and without port; null for any other. */
  readonly originFor: (host: string) => string | null
  readonly maxConnections: number
}

/**
 * Answers plain HTTP where people type no scheme: GET and HEAD are sent to https for good (308), everything else is refused. Whatever
 * came with it went over the wire in the clear: to repeat it elsewhere would hide that. No body is read, no connection kept.
 */
export function createRedirect({ originFor, maxConnections }: Needs): Server {
  const server = createServer({
    maxHeaderSize: 8_192,
    headersTimeout: 5_000,
    requestTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
    requireHostHeader: false,
    insecureHTTPParser: false,
  })
  server.maxConnections = maxConnections
  server.on('request', ({ method, url = '/', headers }, response) => {
    const host = hostName(headers.host)
    const origin = host === null ? null : originFor(host)
    const safe = method === 'GET' || method === 'HEAD'
    response.setHeader('connection', 'close')
    // A path alone: what is in absolute form, or begins with two slashes, would lead elsewhere.
    if (origin !== null && safe && /^\/(?!\/)[!-~]*$/.test(url) && !url.includes('\\'))
      return void response.writeHead(308, { location: origin + url, 'content-length': 0 }).end()
    const code = origin === null ? 'HOST_UNKNOWN' : safe ? 'REQUEST_INVALID' : 'TLS_REQUIRED'
    const problem = problemFor(refuseRequest(code), '-')
    const body = JSON.stringify(problem.body)
    // RFC 9110 §15.5.22: 426 says which protocol to change to.
    response.writeHead(problem.status, {
      'content-type': problemType,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(code === 'TLS_REQUIRED' ? { connection: 'close, upgrade', upgrade: 'TLS/1.3, HTTP/1.1' } : {}),
    })
    response.end(method === 'HEAD' ? undefined : body)
  })
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    endSocket(socket, 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy())
    endSocket(socket, 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  server.on('clientError', (_error, socket) =>
    endSocket(socket, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  )
  return server
}
