import type { IncomingMessage, Server } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { ClientCertificates, TlsMaterial } from '../tls.ts'
import { tlsOptions } from '../tls.ts'
import type { NoCertificate } from './client-certificate.ts'
import { clientProof, keepProof, reasonOf } from './client-certificate.ts'
import { maxHelloBytes, serverNameIn } from './server-name.ts'

/** Who has to prove themselves: the clients of one host, or, where it is null, of all that have no demand of their own. */
export type Demand = { readonly host: string | null; readonly certificates: ClientCertificates }

/** A way in for those who come with certificates: a TLS server of its own, which never listens. */
export type Door = { readonly demand: Demand; readonly server: Server; readonly sockets: Set<Socket> }

type Needs = {
  /** A listener with all its handlers, but for those of requests. */
  create(certificates: ClientCertificates): Server
  /** Gives it those. */
  serve(server: Server, door: Door): void
  /** Told why a handshake failed. */
  refused(reason: NoCertificate): void
}

const helloMs = 10_000
/** How long requests of a connection that has to prove itself anew may take to end. */
const graceMs = 5_000

/**
 * Sends each connection through the door of the name that it asks for in its first message. Each door is a TLS server of its own, with its
 * own authorities and keys for tickets, so that no session of one host opens another (as in CVE-2025-23419). The name only chooses the
 * door: what is served behind it depends on the door, whatever was read here.
 */
export class Doors {
  readonly #needs: Needs
  readonly #byHost = new Map<string | null, Door>()

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** Opens a door, or puts another in its place: whoever came through the old one has to prove themselves anew. */
  demand(demand: Demand): void {
    const server = this.#needs.create(demand.certificates)
    const door: Door = { demand, server, sockets: new Set() }
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol !== 'h2') keepProof(socket)
    })
    server.on('session', (session: ServerHttp2Session) => keepProof(session))
    server.on('tlsClientError', (error: NodeJS.ErrnoException, { authorizationError: why }: TLSSocket) => {
      if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') this.#needs.refused('missing')
      else if (why) this.#needs.refused(reasonOf(String(why)))
    })
    this.#needs.serve(server, door)
    // Slow heads are looked for from then on.
    server.emit('listening')
    const old = this.#byHost.get(demand.host)
    this.#byHost.set(demand.host, door)
    if (old === undefined) return
    old.server.close()
    setTimeout(() => {
      for (const socket of old.sockets) socket.destroy()
    }, graceMs).unref()
  }

  /** Stands before the listener: what asks for no name of a door is the listener's own. */
  standBefore(listener: Server): void {
    const own = listener.listeners('connection')
    listener.removeAllListeners('connection')
    listener.on('connection', (socket: Socket) =>
      readName(socket, (name) => {
        const door = this.#of(name)
        if (door === null) for (const one of own) one.call(listener, socket)
        else {
          door.sockets.add(socket)
          socket.once('close', () => door.sockets.delete(socket))
          door.server.emit('connection', socket)
        }
      }),
    )
    const closeIdle = listener.closeIdleConnections.bind(listener)
    listener.closeIdleConnections = () => {
      closeIdle()
      for (const { server } of this.#byHost.values()) server.closeIdleConnections()
    }
  }

  /**
   * Whether a request may be answered where it came in. A connection that was opened for one host carries no requests to another where
   * either wants certificates.
   *
   * @param door null where it came in without one.
   * @param host of the request, lower case; null where it has none.
   */
  leadsTo(host: string | null, door: Door | null, request: IncomingMessage): boolean {
    if (this.#of(host) !== door) return false
    if (door === null || door.demand.host !== null) return true
    const asked = serverNameOf(request)
    return asked === null || asked === host
  }

  /** Handshakes from now on see this certificate. */
  present(material: TlsMaterial): void {
    for (const { server, demand } of this.#byHost.values())
      (server as unknown as TlsServer).setSecureContext(tlsOptions(material, demand.certificates))
  }

  close(): void {
    for (const { server } of this.#byHost.values()) server.close()
  }

  #of(host: string | null): Door | null {
    return this.#byHost.get(host) ?? this.#byHost.get(null) ?? null
  }
}

/** Counts them. */
export function doorsRefused(metrics: Metrics): (reason: NoCertificate) => void {
  const refused = metrics.counter(
    'custodia_tls_client_certificates_refused_total',
    'Handshakes that failed since the client had no certificate, or none that is believed.',
    ['reason'],
  )
  return (reason) => refused.add(1, { reason })
}

/** What keeps a request from what is behind a door that demands a certificate: it has to hold still. Null where nothing does. */
export function lackingAt(door: Door, request: IncomingMessage, nowMs: number): NoCertificate | null {
  const proof = door.demand.certificates.required ? clientProof(request, nowMs) : null
  return typeof proof === 'string' ? proof : null
}

function serverNameOf(request: IncomingMessage): string | null {
  const socket =
    'stream' in request ? (request as unknown as Http2ServerRequest).stream.session?.socket : request.socket
  const name = (socket as (TLSSocket & { servername?: string | false }) | undefined)?.servername
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : null
}

/** Reads as much of a connection as it takes to know the name, and puts it back. */
function readName(socket: Socket, then: (name: string | null) => void): void {
  if (socket.destroyed) return
  let bytes: Buffer = Buffer.alloc(0)
  const late = setTimeout(() => socket.destroy(), helloMs)
  const look = () => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read())
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk])
    const name = serverNameIn(bytes)
    if (name === undefined && bytes.length <= maxHelloBytes) return
    over()
    socket.unshift(bytes)
    then(name ?? null)
  }
  const over = () => {
    clearTimeout(late)
    socket.off('readable', look).off('close', over)
  }
  // Until the listener hears of it; one that nobody listens for would end the whole process.
  socket.on('error', () => socket.destroy())
  socket.on('readable', look).once('close', over)
}
