import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { clientAddresses } from '../platform/http/client-address.ts'
import { endSocket } from '../platform/http/end-socket.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { network } from '../platform/http/limits.ts'
import type { HostHandler } from '../platform/http/ports.ts'
import { isFault, problemFor, problemType } from '../platform/http/problem.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { fileHeaders } from './file-headers.ts'
import { readFrames } from './frames.ts'
import { readLink } from './link.ts'
import { openMeta } from './meta.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { about } from './receive.ts'
import { readUpload } from './store.ts'

/** Whoever reads slowly holds a frame and a connection, and no more; and from one address only so many of the places that all have. */
const mostAtOnce = 128
const mostOfAddress = 16

/** The host that has nothing but files: no session, no page, no script. A link that holds is all that counts. */
export function serveFiles(parts: Parts): HostHandler {
  const { links, context } = parts
  const addressOf = clientAddresses(context.trustedProxies)
  const from = new Map<string, number>()
  let underWay = 0
  return {
    hosts: links === null ? [] : [links.host],
    claims: (host) => host === links?.host,
    handle(request, response) {
      const address = network(addressOf(request))
      const theirs = (from.get(address) ?? 0) + 1
      from.set(address, theirs)
      underWay += 1
      answer(parts, request, response, underWay > mostAtOnce || theirs > mostOfAddress)
        .catch((error) => {
          if (isFault(error)) context.log.error({ error }, 'a file could not be sent')
          sendProblem(response, error, context.publicUrl)
        })
        .finally(() => {
          underWay -= 1
          const left = (from.get(address) ?? 1) - 1
          if (left > 0) from.set(address, left)
          else from.delete(address)
        })
    },
    upgrade: (_request, socket) =>
      endSocket(socket, 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
  }
}

async function answer(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  tooMany: boolean,
): Promise<void> {
  const { clock, database, publicUrl, recorder } = parts.context
  if (request.method !== 'GET' && request.method !== 'HEAD') throw refuseRequest('METHOD_NOT_ALLOWED')
  const id = parts.links === null ? null : readLink(parts.links, request.url ?? '/', clock.nowMs())
  if (id === null) throw refuse('UPLOAD_LINK_INVALID')
  if (tooMany) throw refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 })
  const row = await readUpload(database.queries, id)
  if (row?.state !== 'there' || row.expires_at <= nowOf(parts)) throw refuse('UPLOAD_LINK_INVALID')
  const headers = fileHeaders(await openMeta(parts, row), row)
  const secure = publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=63072000' } : {}
  if (request.method === 'HEAD') {
    response.writeHead(200, { ...headers, ...secure }).end()
    return
  }
  recorder.note(event('file.loaded', { ...about(row), actor: { kind: 'anonymous' }, data: { upload: id, by: 'link' } }))
  response.writeHead(200, { ...headers, ...secure })
  // What can't be opened ends the connection: fewer bytes than were said are no file.
  await pipeline(Readable.from(readFrames(parts, row)), response)
}

function sendProblem(response: ServerResponse, error: unknown, publicUrl: string): void {
  if (response.headersSent) return void response.destroy()
  const problem = problemFor(error, '-', publicUrl)
  const body = JSON.stringify(problem.body)
  response.writeHead(problem.status, {
    ...problem.headers,
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(body)
}
