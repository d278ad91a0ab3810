import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, OutgoingHttpHeaders, SecureServerOptions, ServerHttp2Session } from 'node:http2'
import { constants, Http2ServerResponse } from 'node:http2'
import { completeHeaders } from './data-answer.ts'

/** Streams that one connection may have open. A browser asks for a hundred at most. */
export const maxStreams = 100
/** Pings and changes of settings that one connection may send in ten seconds: each costs us an answer. */
const maxControlFrames = 100
const controlWindowMs = 10_000

/** More lines than this in a head are refused, in both versions of HTTP. */
export const maxHeaderLines = 128

/**
 * What one HTTP/2 connection may cost (RFC 9113 §10.5). Streams that are opened and reset at once end the connection where they come in
 * floods (CVE-2023-44487); a head that goes on and on in CONTINUATION frames ends at `maxSessionMemory` and at the size of a head
 * (CVE-2024-27316); frames without meaning are counted.
 */
export const http2Limits: SecureServerOptions = {
  settings: {
    maxConcurrentStreams: maxStreams,
    maxHeaderListSize: 16_384,
    initialWindowSize: 65_535,
    enableConnectProtocol: false,
  },
  maxHeaderListPairs: maxHeaderLines + 4,
  maxSessionMemory: 4,
  maxSessionInvalidFrames: 50,
  maxSessionRejectedStreams: 50,
  maxOutstandingPings: 2,
  streamResetBurst: 200,
  streamResetRate: 20,
  unknownProtocolTimeout: 1_000,
}

/**
 * An answer without headers about its connection: whoever ends one after a refusal says so in a header that HTTP/2 does not have
 * (RFC 9113 §8.2.2). There a stream ends by itself, and nothing can be taken for another request.
 */
export class Answer extends Http2ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (name.toLowerCase() !== 'connection') super.setHeader(name, value)
  }
  // biome-ignore lint/suspicious/noExplicitAny: two signatures of one method
  override writeHead(status: number, ...rest: any[]): this {
    const headers = rest.findLast((one) => typeof one === 'object') as OutgoingHttpHeaders | undefined
    completeHeaders(this as unknown as ServerResponse, headers)
    if (headers !== undefined && 'connection' in headers) {
      const { connection: _, ...others } = headers
      return super.writeHead(status, others)
    }
    return super.writeHead(status, headers ?? {})
  }
  /** What is broken off says so (RFC 9113 §8.1): the library would end it without an error, and half a reply would look like a whole one. */
  override destroy(error?: Error): this {
    if (this.stream.destroyed || this.writableFinished) return super.destroy(error)
    this.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    return this
  }
}
// Whoever holds something until an answer is over asks first whether it is: the types promise this, and the library has none.
Object.defineProperty(Answer.prototype, 'destroyed', {
  get(this: Answer) {
    return this.stream.destroyed
  },
})

/** Ends a connection that sends control frames in floods (CVE-2019-9512, CVE-2019-9515). `flooded` is told once. */
export function boundControlFrames(session: ServerHttp2Session, flooded: () => void): void {
  let count = 0
  let since = performance.now()
  const another = () => {
    const now = performance.now()
    if (now - since > controlWindowMs) {
      since = now
      count = 0
    }
    count += 1
    if (count <= maxControlFrames || session.destroyed) return
    flooded()
    session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }
  session.on('ping', another)
  session.on('remoteSettings', another)
}

/**
 * Gives an HTTP/2 request the head that the same request has in HTTP/1.1, so that nobody behind has to know of two: the authority as
 * `host`, cookies in one line (RFC 9113 §8.2.3), no pseudo-headers.
 *
 * @returns false where it can be read in two ways: another scheme, or a Host beside another authority (RFC 9113 §8.3.1).
 */
export function asHttp1(request: IncomingMessage): boolean {
  const { headers: given, rawHeaders: lines, stream } = request as unknown as Http2ServerRequest
  const authority = given[':authority'] ?? given.host
  if (given[':scheme'] !== 'https' || authority === undefined) return false
  const headers: Record<string, string | string[] | undefined> = { host: authority }
  for (const name in given) if (!name.startsWith(':') && name !== 'host') headers[name] = given[name]
  const rawHeaders = ['host', authority]
  let cookies = false
  for (let i = 0; i < lines.length; i += 2) {
    const [name, value] = [lines[i] as string, lines[i + 1] as string]
    if (name.startsWith(':')) continue
    if (name === 'host') {
      if (value !== authority) return false
    } else if (name !== 'cookie') rawHeaders.push(name, value)
    else if (!cookies) {
      cookies = true
      rawHeaders.push(name, String(given.cookie))
    }
  }
  // A body of no announced length: what looks for one finds what it would find in HTTP/1.1.
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) {
    headers['transfer-encoding'] = 'chunked'
    rawHeaders.push('transfer-encoding', 'chunked')
  }
  breakOff(request)
  Object.defineProperty(request, 'headers', { value: headers })
  Object.defineProperty(request, 'rawHeaders', { value: rawHeaders })
  return true
}

/**
 * Has a body that was broken off fail, as one of HTTP/1.1 does. The library would end it, and half of something would be taken, or
 * passed on, as the whole of it.
 */
function breakOff(request: IncomingMessage): void {
  // Who reads it is told; where nobody does, it is nobody's business.
  request.on('error', () => {})
  request.once('aborted', () => {
    if (!request.readableEnded) request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  })
}
