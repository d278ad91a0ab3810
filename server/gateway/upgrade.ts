import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { isRefusal } from '../platform/errors.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { hostName } from '../platform/http/hosts.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { problemFor, problemType } from '../platform/http/problem.ts'
import type { AdmitNeeds } from './admit.ts'
import { admit, checkHead } from './admit.ts'
import type { Application } from './applications.ts'
import { refuse } from './errors.ts'
import { outgoingHeaders } from './outgoing-headers.ts'

const connectTimeoutMs = 5_000

/** Open WebSockets by session, so that they end with it. */
export class OpenSockets {
  readonly #bySession = new Map<string, Set<Duplex>>()

  add(sessionId: string, socket: Duplex): void {
    const sockets = this.#bySession.get(sessionId) ?? new Set()
    this.#bySession.set(sessionId, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#bySession.delete(sessionId)
    })
  }

  sessions(): string[] {
    return [...this.#bySession.keys()]
  }

  /** `null` ends all. */
  end(sessionId: string | null): void {
    const ending =
      sessionId === null ? [...this.#bySession.values()] : [this.#bySession.get(sessionId) ?? new Set<Duplex>()]
    for (const sockets of ending) for (const socket of sockets) socket.destroy()
  }
}

/**
 * Passes an upgraded connection (RFC 9110 §7.8; WebSocket, RFC 6455) to the application, once it is admitted. The two
 * sockets are joined with back-pressure and die together.
 */
export async function upgrade(
  application: Application,
  origin: string,
  request: IncomingMessage,
  socket: Duplex,
  early: Buffer,
  needs: AdmitNeeds & { readonly sockets: OpenSockets },
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const client = request.socket
  const head: RequestHead = {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    host: hostName(request.headers.host) ?? '',
    headers: request.headers,
    address: client.remoteAddress ?? '',
  }
  try {
    // A page of any site may open a WebSocket, cookies included; only Origin tells (RFC 6455 §10.2).
    if (head.headers.origin !== origin) throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.origin' })
    if (head.method !== 'GET' || head.headers.upgrade?.toLowerCase() !== 'websocket')
      throw refuseRequest('REQUEST_HEADER_INVALID', { field: 'header.upgrade' })
    const path = checkHead(head, request.rawHeaders)
    const { principal, assertion } = await admit(application, head, path, origin, needs)
    const upstream = await open(application.upstream)
    const protocol = origin.startsWith('https:') ? 'https' : 'http'
    const host = origin.slice(origin.indexOf('//') + 2)
    upstream.write(
      requestText(head.url, outgoingHeaders(head.headers, { assertion, address: head.address, host, protocol })),
    )
    if (early.length > 0) upstream.write(early)
    if (principal !== null) needs.sockets.add(principal.sessionId, socket)
    if (socket.destroyed) return void upstream.destroy()
    const done = () => {
      socket.destroy()
      upstream.destroy()
    }
    pipeline(socket, upstream, done)
    pipeline(upstream, socket, done)
  } catch (error) {
    refuseSocket(socket, error)
  }
}

function open(upstream: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(upstream)
  const secure = protocol === 'https:'
  const options = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (secure ? 443 : 80)) }
  return new Promise((resolve, reject) => {
    const socket = secure ? connectTls({ ...options, servername: hostname }) : connect(options)
    const fail = (code: 'GATEWAY_UPSTREAM_DOWN' | 'GATEWAY_UPSTREAM_SLOW') => {
      socket.destroy()
      reject(refuse(code))
    }
    socket.setTimeout(connectTimeoutMs, () => fail('GATEWAY_UPSTREAM_SLOW'))
    socket.once('error', () => fail('GATEWAY_UPSTREAM_DOWN'))
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}

function requestText(url: string, headers: IncomingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`))
  return `GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

function refuseSocket(socket: Duplex, error: unknown): void {
  const problem = problemFor(isRefusal(error) ? error : refuse('GATEWAY_UPSTREAM_DOWN'), '-')
  const body = JSON.stringify(problem.body)
  socket.end(
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
