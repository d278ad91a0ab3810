import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestServer } from '../harness.ts'

export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

const agent = new Agent({ keepAlive: true, maxSockets: 4 })

/** What is sent: a body as JSON, as a form, or as the text that it is, whose type is then among the headers. */
export type Sent = {
  readonly path: string
  readonly body?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One request to the server's own host, with the reply as it came, whatever it is. */
export function send(
  server: Pick<TestServer, 'port' | 'publicUrl'>,
  method: string,
  { path, body, form, text, headers: own }: Sent,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const written = text ?? (form === undefined ? JSON.stringify(body) : new URLSearchParams(form).toString())
  const payload = written === undefined ? undefined : Buffer.from(written)
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const all = {
    host: new URL(server.publicUrl).host,
    origin: server.publicUrl,
    ...(payload === undefined ? {} : { 'content-type': type, 'content-length': payload.length }),
    ...headers,
    ...own,
  }
  const { port } = server
  const once = (by: Agent | false) =>
    new Promise<Reply>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, method, path, headers: all, agent: by, timeout: 20_000 },
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
      // The server may end a connection that waited in the very moment in which it is used again.
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(Object.assign(error, { again: sent.reusedSocket && error.code === 'ECONNRESET' })),
      )
      sent.end(payload)
    })
  // On a connection of its own, the second time: the next one that waited may end as well.
  return once(agent).catch((error: Error & { again?: boolean }) =>
    error.again === true ? once(false) : Promise.reject(error),
  )
}

/** The same, again and again where the server says that it is late: on a machine that does other things, too, it sheds what it can. */
export async function sendUntilTaken(...what: Parameters<typeof send>): Promise<Reply> {
  for (let tries = 0; ; tries++) {
    const reply = await send(...what)
    // The second is what Inbox says where it was not answered.
    const late =
      reply.text.includes('"SERVER_BUSY"') ||
      reply.text.includes('SERVER_BUSY ·') ||
      reply.text.includes('did not give the keys')
    if (reply.status < 500 || !late || tries === 100) return reply
    await pause(300)
  }
}
