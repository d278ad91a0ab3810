import type { ServerResponse } from 'node:http'
import { endSocket } from '../end-socket.ts'
import type { HostHandler } from '../ports.ts'
import { problemFor, problemType } from '../problem.ts'
import type { Load } from './load.ts'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whole hosts, whose requests have no class: what reads counts as a read, all else as a write. The way back from a sign-in stays open. */
export function shedHosts(handler: HostHandler, load: Load, publicUrl: string): HostHandler {
  const kind = (method = '') => (reading.has(method) ? 'read' : 'write')
  return {
    hosts: handler.hosts,
    claims: (host) => handler.claims(host),
    handle(request, response) {
      try {
        if (request.url?.startsWith('/.custodia/') !== true) load.admit(kind(request.method), '')
      } catch (error) {
        return refuse(response, error, publicUrl)
      }
      handler.handle(request, response)
    },
    upgrade(request, socket, head) {
      try {
        // A WebSocket stays, and is more than a read.
        load.admit('write', '')
      } catch {
        socket.on('error', () => socket.destroy())
        return endSocket(
          socket,
          'HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
        )
      }
      handler.upgrade(request, socket, head)
    },
  }
}

function refuse(response: ServerResponse, error: unknown, publicUrl: string): void {
  const problem = problemFor(error, '-', publicUrl)
  const body = JSON.stringify(problem.body)
  response.writeHead(problem.status, {
    ...problem.headers,
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(body)
}
