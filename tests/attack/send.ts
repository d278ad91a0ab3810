import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:http'
import type { TestServer } from '../harness.ts'

export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

/** One request to the server's own host, with the reply as it came, whatever it is. */
export function send(
  server: Pick<TestServer, 'port' | 'publicUrl'>,
  method: string,
  { path, body, form }: { readonly path: string; readonly body?: unknown; readonly form?: Record<string, string> },
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const written = form === undefined ? JSON.stringify(body) : new URLSearchParams(form).toString()
  const payload = written === undefined ? undefined : Buffer.from(written)
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const all = {
    host: new URL(server.publicUrl).host,
    origin: server.publicUrl,
    ...(payload === undefined ? {} : { 'content-type': type, 'content-length': payload.length }),
    ...headers,
  }
  const { port } = server
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers: all, agent, timeout: 20_000 },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer: ${method} ${path}`)))
    sent.on('error', reject)
    sent.end(payload)
  })
}
