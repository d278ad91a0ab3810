import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { endSocket } from '../end-socket.ts'
import type { HostHandler } from '../ports.ts'
import { clientProof } from './client-certificate.ts'

export const hosts = ['must.test', 'may.test', 'other.test', 'open.test', 'listed.test', 'localhost']

/** Tells who asked for which host. */
export const handler: HostHandler = {
  hosts,
  claims: (host) => hosts.includes(host) && host !== 'localhost',
  handle(request: IncomingMessage, response: ServerResponse) {
    const proof = clientProof(request, Date.now())
    response.end(JSON.stringify({ host: request.headers.host, proof }))
  },
  upgrade(request, socket: Duplex) {
    if (request.url === '/stay') socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    else endSocket(socket, 'HTTP/1.1 101 Switching Protocols\r\n\r\n')
  },
}

export type Body = { code?: string; reason?: string; proof?: Record<string, unknown> | null }

export function answerIn(text: string): { status: number; body: Body } {
  const [first = '', ...rest] = text.split('\r\n\r\n')
  const body = /\{.*\}/s.exec(rest.join('\r\n\r\n'))?.[0]
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0), body: body === undefined ? {} : JSON.parse(body) }
}

export const codeOf = ({ status, body }: { status: number; body: Body }) => [status, body.code]
