import type { IncomingMessage } from 'node:http'
import type { RequestHead } from './message.ts'
import { SignatureError } from './signature-error.ts'

/**
 * What Node received, line by line: `request.headers` has dropped some duplicates and joined others.
 *
 * @param scheme what the client spoke. Behind a proxy that ends TLS it is not what this process speaks.
 * @throws SignatureError `message` where there is no Host, or more than one.
 */
export function receivedHead(
  request: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>,
  scheme: 'http' | 'https',
): RequestHead {
  const headers: [string, string][] = []
  const authorities: string[] = []
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] as string
    const value = request.rawHeaders[at + 1] as string
    // RFC 9113 §8.3.1: what HTTP/2 has instead of Host, or beside it.
    if (name === ':authority' || name.toLowerCase() === 'host') authorities.push(value)
    if (!name.startsWith(':')) headers.push([name, value])
  }
  const [authority] = authorities
  const http2 = request.rawHeaders.includes(':authority')
  const sole = authorities.length === 1 || (http2 && authorities.length === 2 && authorities[0] === authorities[1])
  if (authority === undefined || !sole) throw new SignatureError('message')
  return { method: request.method ?? '', scheme, authority, target: request.url ?? '', headers }
}
