import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { Account } from '../../tools/demo/accounts.ts'
import type { Caller } from '../../tools/demo/call.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'

/** A request as it reached the application. */
export type Seen = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }

/** A running server that is attacked, and the application behind it, which notes what reaches it. */
export type Target = {
  readonly server: TestServer
  readonly accounts: readonly Account[]
  /** `app.localhost` with its port. */
  readonly appHost: string
  readonly seen: Seen[]
  /** Everything that the server has said on its outputs. */
  log(): string
  /** A session on the application's host, by the way that a browser takes. @returns the cookie. */
  enter(cookie: string): Promise<string>
  answer: (seen: Seen, response: ServerResponse) => void
  remove(): Promise<void>
}

const configuration = (upstream: number) => `access:
  roles:
    member: { summary: Uses the application., permissions: ["app:use"] }
gateway:
  applications:
    app:
      title: App
      host: app.localhost
      upstream: http://127.0.0.1:${upstream}
      permissions: { "app:use": Use it., "app:admin": Administer it. }
      rules:
        - { path: "/public/**", public: true }
        - { path: "/admin", permission: "app:admin" }
        - { path: "/admin/**", permission: "app:admin" }
        - { path: "/**", permission: "app:use" }
`

const plenty = { burst: 1_000_000, perSeconds: 1 }
/** For attacks that are about something else than the limiter. */
export const unlimited = {
  CUSTODIA_LIMITS_CLASSES: JSON.stringify({ 'sign-in': plenty, read: plenty, write: plenty, expensive: plenty }),
}

export async function openTarget(environment: NodeJS.ProcessEnv = unlimited): Promise<Target> {
  const seen: Seen[] = []
  const upstream: Server = createServer((request, response) => {
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers }
    seen.push(one)
    request.resume()
    target.answer(one, response)
  })
  // It takes any WebSocket, and says nothing on it.
  upstream.on('upgrade', (request, socket) => {
    socket.on('error', () => {})
    if (!String(request.url).includes('socket'))
      return void socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const server = await startTestServer({
    configuration: configuration((upstream.address() as AddressInfo).port),
    environment,
  }).catch((error) => {
    upstream.close()
    throw error
  })
  let said = ''
  for (const output of [server.child.stdout, server.child.stderr]) output?.on('data', (chunk) => (said += chunk))
  const appHost = `app.localhost:${server.port}`
  const target: Target = {
    server,
    accounts: await withAccounts(server),
    appHost,
    seen,
    log: () => said,
    enter: (cookie) => enterApplication(server.call, appHost, cookie),
    answer: (_seen, response) => void response.end('hello'),
    async remove() {
      await server.remove()
      upstream.closeAllConnections()
      upstream.close()
    },
  }
  return target
}

/** Comes to an application as a browser does. @param host with its port. @returns the cookie of a session there. */
export async function enterApplication(call: Caller, host: string, cookie: string): Promise<string> {
  const away = await call('GET', '/', { headers: { host, accept: 'text/html' } })
  const state = /=([\w-]{43})\./.exec(away.cookie ?? '')?.[1] ?? ''
  const { body } = await call('POST', '/v1/hand-over', { cookie, body: { host: host.split(':')[0], state } })
  const arrived = new URL(String(body.location))
  const back = await call('GET', arrived.pathname + arrived.search, {
    headers: { host },
    cookie: away.cookie as string,
  })
  if (back.cookie === null) throw new Error(`no session at the application: ${back.status}`)
  return back.cookie
}

/** Signs somebody in by the place in the list: 0 is the administrator. */
export const signedIn = ({ server, accounts }: Target, index: number, headers: Record<string, string> = {}) =>
  signIn(server.call, accounts[index] as Account, headers)

/** Within which a machine that does other things answers, too. A connection that waits for a next request is kept for longer. */
export const patienceMs = 30_000

/** Of a connection that stays open: for so long nothing more may come after what was due. */
const quietMs = 400

/**
 * Sends exactly these bytes. @returns all that comes back until the other side closes; where it keeps the connection open, until nothing
 * follows whole answers for a while.
 */
export function raw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      socket.setTimeout(isAnswered(received) ? quietMs : patienceMs)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
    socket.write(bytes)
  })
}

/** Whether these are whole answers after which the connection goes on. */
function isAnswered(received: string): boolean {
  for (let rest = received; ; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return false
    const [, status = '', head = ''] = /^HTTP\/1\.1 (\d{3})([\s\S]*)$/.exec(rest.slice(0, end)) ?? []
    if (status === '101') return true
    // Who says so closes, and is waited for.
    if (status === '' || /^connection: close\r?$/im.test(head)) return false
    rest = rest.slice(end + 4)
    if (status === '100') continue
    const length = /^content-length: (\d+)\r?$/im.exec(head)?.[1]
    const last = rest.indexOf('0\r\n\r\n')
    if (length === undefined && last < 0) return false
    rest = rest.slice(length === undefined ? last + 5 : Number(length))
    if (rest === '') return true
  }
}

/** The head of a request, from its lines. */
export const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`

/** Requests of somebody who is signed in at an application: a GET that ends its connection unless it is given other headers, and a POST. */
export const headsOf = (who: () => { readonly host: string; readonly cookie: string }) => ({
  get(path: string, ...headers: string[]): string {
    const { host, cookie } = who()
    const more = headers.length > 0 ? headers : ['Connection: close']
    return lines(`GET ${path} HTTP/1.1`, `Host: ${host}`, `Cookie: ${cookie}`, ...more)
  },
  post(headers: readonly string[], body: string): string {
    const { host, cookie } = who()
    return lines('POST /x HTTP/1.1', `Host: ${host}`, `Cookie: ${cookie}`, `Origin: http://${host}`, ...headers) + body
  },
})

/** The status of each answer in what came back. */
export const statuses = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1])

/** Whether the server still answers, in this very process. */
export async function stands({ server }: Target): Promise<boolean> {
  if (server.child.exitCode !== null || server.child.signalCode !== null) return false
  return (await server.call('GET', '/livez')).status === 200
}
