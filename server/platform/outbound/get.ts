import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { OutboundError } from './outbound-error.ts'
import { isPublicAddress } from './public-address.ts'

export type OutboundRequest = {
  readonly headers?: Readonly<Record<string, string>>
  /** For everything together: the name, the connection, the reply. */
  readonly timeoutMs: number
  readonly maxBytes: number
  /** True where an operator said that the service is on a network of theirs. */
  readonly allowPrivate: boolean
}

export type OutboundReply = { readonly status: number; readonly body: Buffer }

/**
 * Asks somebody else's server. The name is resolved once, every address that it has is checked, and the connection goes to the first of
 * them: what the name says a moment later is no matter. No redirect is followed, nothing is asked for compressed.
 *
 * @param url https only, without a name or password.
 * @throws OutboundError whatever goes wrong; its message names the host, never the path.
 */
export async function outboundGet(url: URL, options: OutboundRequest): Promise<OutboundReply> {
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new OutboundError('address', url.hostname)
  const signal = AbortSignal.timeout(options.timeoutMs)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new OutboundError('timeout', url.hostname)), { once: true })
  })
  // Whoever loses the race has nobody left to tell.
  late.catch(() => {})
  return await Promise.race([late, ask(url, options, signal)])
}

async function ask(url: URL, options: OutboundRequest, signal: AbortSignal): Promise<OutboundReply> {
  const addresses = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => {
    throw new OutboundError('unreachable', url.hostname)
  })
  const [first] = addresses
  if (first === undefined) throw new OutboundError('unreachable', url.hostname)
  if (!options.allowPrivate && !addresses.every(({ address }) => isPublicAddress(address)))
    throw new OutboundError('address', url.hostname)
  const reply = await send(url, options, signal, first)
  const { statusCode = 0, headers } = reply
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    reply.destroy()
    throw new OutboundError('reply', url.hostname)
  }
  return { status: statusCode, body: await read(reply, options.maxBytes, url.hostname) }
}

function send(url: URL, options: OutboundRequest, signal: AbortSignal, to: LookupAddress): Promise<IncomingMessage> {
  const checked: LookupFunction = (_name, { all }, answer) =>
    all === true ? answer(null, [to]) : answer(null, to.address, to.family)
  const headers = { ...options.headers, 'accept-encoding': 'identity' }
  return new Promise((resolve, reject) => {
    // A connection of its own: a kept one could have been opened under other rules.
    const asked = request(url, { agent: false, headers, lookup: checked, signal, maxHeaderSize: 16_384 }, resolve)
    asked.on('error', () => reject(new OutboundError('unreachable', url.hostname)))
    asked.end()
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
