import type { IncomingMessage } from 'node:http'
import type { OutboundOptions } from './exchange.ts'
import { exchange } from './exchange.ts'
import { OutboundError } from './outbound-error.ts'

export type OutboundRequest = OutboundOptions & { readonly maxBytes: number }

export type OutboundReply = { readonly status: number; readonly body: Buffer }

/**
 * Asks somebody else's server. See `exchange`.
 *
 * @throws OutboundError whatever goes wrong; its message names the host, never the path.
 */
export async function outboundGet(url: URL, options: OutboundRequest): Promise<OutboundReply> {
  return await exchange(url, { ...options, method: 'GET', body: null }, async (reply) => {
    const { statusCode = 0, headers } = reply
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
      reply.destroy()
      throw new OutboundError('reply', url.hostname)
    }
    return { status: statusCode, body: await read(reply, options.maxBytes, url.hostname) }
  })
}

async function read(reply: IncomingMessage, maxBytes: number, host: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of reply as AsyncIterable<Buffer>) {
      length += part.length
      // Leaving the loop closes the connection.
      if (length > maxBytes) throw new OutboundError('too-large', host)
      parts.push(part)
    }
  } catch (error) {
    throw error instanceof OutboundError ? error : new OutboundError('unreachable', host)
  }
  return Buffer.concat(parts)
}
