import type { IncomingMessage } from 'node:http'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'

/** One call to the server's own HTTP API, over loopback, by the name it answers to. */
export type Caller = (method: string, path: string, options?: CallOptions) => Promise<Answer>

export type CallOptions = { body?: unknown; cookie?: string; headers?: Readonly<Record<string, string>> }

export type Answer = {
  readonly status: number
  readonly body: Record<string, unknown>
  /** The first cookie that was set, as it is sent back. */
  readonly cookie: string | null
  /** All of them. */
  readonly cookies: readonly string[]
}

/**
 * Node does not resolve `*.localhost` on every system, so the connection goes to the address and the name into Host.
 *
 * @param authority PEM of whom to trust, where the server speaks TLS.
 */
export function caller(port: number, host: string, authority?: string): Caller {
  const scheme = authority === undefined ? 'http' : 'https'
  return (method, path, { body, cookie, headers: more } = {}) =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        host: `${host}:${port}`,
        origin: `${scheme}://${host}:${port}`,
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...(cookie === undefined ? {} : { cookie }),
        ...more,
      }
      const options = { host: '127.0.0.1', port, method, path, headers, timeout: 30_000 }
      const request = (take: (response: IncomingMessage) => void) =>
        authority === undefined
          ? plainRequest(options, take)
          : tlsRequest({ ...options, ca: authority, servername: host }, take)
      const sent = request((response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const cookies = (response.headers['set-cookie'] ?? []).map((set) => set.split(';')[0] as string)
          resolve({
            status: response.statusCode ?? 0,
            body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
            cookie: cookies[0] ?? null,
            cookies,
          })
        })
      })
      sent.on('timeout', () => sent.destroy(new Error('the server did not answer in 30 s')))
      sent.on('error', reject)
      sent.end(payload)
    })
}
