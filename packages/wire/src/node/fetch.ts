import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'

export type FetchInit = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal?: AbortSignal
  /** Ours never follows one; for another `fetch` it must be said. */
  readonly redirect?: 'manual'
}

/** The part of the platform's `fetch` that our clients need; `globalThis.fetch` fits. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Response>

/** Where to open the connection, if not at the URL's own host: the name still goes into Host and into TLS. */
export type ConnectTo = { readonly host: string; readonly port: number }

const bodiless = new Set([204, 205, 304])

/**
 * A fetch that may connect elsewhere than the URL says, and that reaches `*.localhost` wherever Node runs: browsers
 * resolve such names to the loopback by themselves (RFC 6761 §6.3), many system resolvers do not.
 * It follows no redirect, so that a key never travels to a place that a reply has named.
 *
 * @throws the connection's own error (`code` as in `ECONNREFUSED`), or the signal's reason.
 */
export function createFetch(options: { readonly connect?: ConnectTo } = {}): Fetch {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: 32 }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: 32 }),
  }

  return (address, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(address)
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('only http and https are spoken')
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const length = init.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(init.body)) }
      const outgoing = send({
        agent: agents[url.protocol],
        ...target(url, options.connect),
        // RFC 6066 §3: an address is no server name.
        ...(isIP(bare(url.hostname)) === 0 ? { servername: url.hostname } : {}),
        method: init.method ?? 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { ...init.headers, ...length, host: url.host },
        ...(init.signal === undefined ? {} : { signal: init.signal }),
      })
      outgoing.on('response', (incoming) => {
        const status = incoming.statusCode ?? 0
        if (status < 200 || status > 599) {
          incoming.destroy()
          reject(new TypeError('the reply has no valid status'))
          return
        }
        const headers = new Headers()
        for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
          headers.append(incoming.rawHeaders[at] as string, incoming.rawHeaders[at + 1] as string)
        }
        if (bodiless.has(status)) incoming.resume()
        const body = bodiless.has(status) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>)
        resolve(new Response(body, { status, headers }))
      })
      outgoing.on('error', (error) => reject(init.signal?.aborted === true ? init.signal.reason : error))
      outgoing.end(init.body)
    })
}

function target(url: URL, connect: ConnectTo | undefined): { host: string; port: number } {
  if (connect !== undefined) return connect
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  if (url.hostname === 'localhost' || url.hostname.endsWith('.localhost')) return { host: '127.0.0.1', port }
  return { host: bare(url.hostname), port }
}

/** An IPv6 address without the brackets that it has in a URL. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '')

/**
 * The whole body of a reply, if it is not larger than `maxBytes`.
 *
 * @throws RangeError where it is larger; the connection is given up then.
 */
export async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.byteLength
    if (length > maxBytes) throw new RangeError(`the reply is larger than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts, length)
}
