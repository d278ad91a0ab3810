import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Reply } from '../exchange.ts'
import { exchange } from '../exchange.ts'
import type { TestServer } from '../harness.ts'

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
export async function send(
  { port, publicUrl }: Pick<TestServer, 'port' | 'publicUrl'>,
  method: string,
  { path, body, form, text, headers: own }: Sent,
  headers: Readonly<Record<string, string>>,
): Promise<Reply> {
  const written = text ?? (form === undefined ? JSON.stringify(body) : new URLSearchParams(form).toString())
  const payload = written === undefined ? undefined : Buffer.from(written)
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const all = {
    host: new URL(publicUrl).host,
    origin: publicUrl,
    ...(payload === undefined ? {} : { 'content-type': type, 'content-length': payload.length }),
    ...headers,
    ...own,
  }
  const asked = { port, method, path, headers: all }
  return await exchange({ ...asked, agent }, payload).catch((error: NodeJS.ErrnoException & { reused: boolean }) => {
    // The server may end a connection that waited in the very moment in which it is used again; the next one that waited may end as well.
    if (error.reused && error.code === 'ECONNRESET') return exchange(asked, payload)
    throw error
  })
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
