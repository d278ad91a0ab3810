import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as askPlain } from 'node:http'
import { request as askTls } from 'node:https'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { ownNames } from '@custodia/edge/challenge/challenges.ts'
import { isRefusal } from '../platform/errors.ts'
import { endSocket } from '../platform/http/end-socket.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { hostName } from '../platform/http/hosts.ts'
import type { Told } from '../platform/http/limits.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { problemFor, problemType } from '../platform/http/problem.ts'
import { clientProof } from '../platform/http/transport/client-certificate.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { AdmitNeeds } from './admit.ts'
import { admit, checkHead, introductionOf } from './admit.ts'
import type { Application } from './applications.ts'
import { carriesKey, credentialOf } from './caller.ts'
import type { InputDefence } from './edge/input.ts'
import { refuse } from './errors.ts'
import { outgoingHeaders, returningHeaders } from './outgoing-headers.ts'
import type { Upstreams } from './upstreams.ts'
import { failureOf } from './upstreams.ts'

/** Open WebSockets by session or key, so that they end with it. */
export class OpenSockets {
  readonly #sockets = new Map<string, Set<Duplex>>()
  readonly #recheck: (credential: string) => void

  /** @param recheck ends the sockets of a credential that holds no longer: asked for each new one, since it may have ended before that was known. */
  constructor(recheck: (credential: string) => void) {
    this.#recheck = recheck
  }

  /** @param credential `ses_…` or `key_…`. */
  add(credential: string, socket: Duplex): void {
    // Of one that is closed already nobody would say so again.
    if (socket.destroyed) return
    const sockets = this.#sockets.get(credential) ?? new Set()
    this.#sockets.set(credential, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#sockets.delete(credential)
    })
    this.#recheck(credential)
  }

  credentials(): string[] {
    return [...this.#sockets.keys()]
  }

  has(credential: string): boolean {
    return this.#sockets.has(credential)
  }

  /** `null` ends all. */
  end(credential: string | null): void {
    const ending =
      credential === null ? [...this.#sockets.values()] : [this.#sockets.get(credential) ?? new Set<Duplex>()]
    for (const sockets of ending) for (const socket of sockets) socket.destroy()
  }
}

export type UpgradeNeeds = AdmitNeeds & {
  readonly sockets: OpenSockets
  readonly upstreams: Upstreams
  readonly log: Log
  readonly inputs: ReadonlyMap<string, InputDefence>
  readonly addressOf: (request: IncomingMessage) => string
}

/**
 * Passes an upgraded connection (RFC 9110 §7.8; WebSocket, RFC 6455) to the application, once it is admitted. The two
 * sockets are joined with back-pressure and die together.
 */
export async function upgrade(
  application: Application,
  origin: string,
  request: IncomingMessage,
  socket: Duplex,
  early: Buffer,
  needs: UpgradeNeeds,
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const head: RequestHead = {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    host: hostName(request.headers.host) ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    address: needs.addressOf(request),
  }
  try {
    // A page of any site may open a WebSocket, cookies included; only Origin tells (RFC 6455 §10.2).
    if (!fromOwnPage(head, origin)) throw refuseRequest('CROSS_SITE_REFUSED', { field: 'header.origin' })
    if (head.method !== 'GET' || head.headers.upgrade?.toLowerCase() !== 'websocket')
      throw refuseRequest('REQUEST_HEADER_INVALID', { field: 'header.upgrade' })
    const body = ['content-length', 'transfer-encoding'].find((name) => head.headers[name] !== undefined)
    if (body !== undefined) throw refuseRequest('REQUEST_HEADER_INVALID', { field: `header.${body}` })
    const path = checkHead(head, request.rawHeaders)
    const told = await needs.limits.get(application.name)?.arrive(head.method, path, head.address, head)
    const proof = clientProof(request, needs.clock.nowMs())
    const admitted = await admit(application, { head, path, proof }, origin, needs)
    needs.inputs.get(application.name)?.allow(head, path)
    await admitted.caller?.proof?.end()
    admitted.passed()
    // Before the application is asked: a session that ends meanwhile must find its socket.
    if (admitted.caller !== null) needs.sockets.add(credentialOf(admitted.caller.principal), socket)
    const protocol = origin.startsWith('https:') ? 'https' : 'http'
    const host = origin.slice(origin.indexOf('//') + 2)
    const asked = outgoingHeaders(head.headers, {
      ...introductionOf(admitted),
      address: head.address,
      host,
      protocol,
    })
    const { reply, upstream, first } = await open(application, head.url, { ...asked, ...switching }, socket, needs)
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\n${headerText({ ...returningHeaders(reply.headers), ...passOf(told), ...switching })}\r\n`,
    )
    if (first.length > 0) socket.write(first)
    if (early.length > 0) upstream.write(early)
    const done = () => {
      socket.destroy()
      upstream.destroy()
    }
    pipeline(socket, upstream, done)
    pipeline(upstream, socket, done)
  } catch (error) {
    refuseSocket(socket, error)
  }
}

/** A program with a key sends no Origin and needs no cookie; a page can set no header of an upgrade, and always sends its Origin. */
function fromOwnPage(head: RequestHead, origin: string): boolean {
  if (head.headers.origin !== undefined) return head.headers.origin === origin
  return carriesKey(head) && head.headers.cookie === undefined
}

/** Only a program can have earned one with this very request: pages can't send the header. */
const passOf = (told: Told | null | undefined): IncomingHttpHeaders => {
  const pass = told?.[ownNames.pass]
  return pass === undefined ? {} : { [ownNames.pass]: pass }
}

const switching = { connection: 'Upgrade', upgrade: 'websocket' } as const

type Opened = { readonly reply: IncomingMessage; readonly upstream: Duplex; readonly first: Buffer }

/**
 * Asks the application to switch. Only its own 101 opens the way: joined with a connection that still speaks HTTP, a client could
 * send requests on it that nobody decided on.
 */
function open(
  { name, upstream, timeoutSeconds }: Application,
  path: string,
  headers: IncomingHttpHeaders,
  client: Duplex,
  { upstreams, log }: UpgradeNeeds,
): Promise<Opened> {
  const ask = upstream.startsWith('https:') ? askTls : askPlain
  return new Promise((resolve, reject) => {
    const asking = ask(new URL(upstream), { ...upstreams.get(name)?.options(), path, headers, agent: false })
    let stopped = false
    const stop = (code: Parameters<typeof refuse>[0]) => {
      stopped = true
      reject(refuse(code))
      asking.destroy()
    }
    const late = setTimeout(() => stop('GATEWAY_UPSTREAM_SLOW'), timeoutSeconds * 1000)
    const gone = () => stop('GATEWAY_UPSTREAM_DOWN')
    client.once('close', gone)
    asking.once('close', () => {
      clearTimeout(late)
      client.off('close', gone)
    })
    asking.on('error', (error) => {
      const { code, reason } = failureOf(error)
      if (!stopped) log.warn({ application: name, ...reason, error }, 'the upstream failed')
      stop(code)
    })
    asking.once('response', () => stop('GATEWAY_UPGRADE_DECLINED'))
    asking.once('upgrade', (reply, socket, first) => {
      clearTimeout(late)
      client.off('close', gone)
      resolve({ reply, upstream: socket, first })
    })
    asking.end()
  })
}

function headerText(headers: IncomingHttpHeaders): string {
  return Object.entries(headers)
    .flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}\r\n`))
    .join('')
}

function refuseSocket(socket: Duplex, error: unknown): void {
  const problem = problemFor(isRefusal(error) ? error : refuse('GATEWAY_UPSTREAM_DOWN'), '-')
  const body = JSON.stringify(problem.body)
  endSocket(
    socket,
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
