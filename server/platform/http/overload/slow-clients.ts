import type { IncomingMessage, Server } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Metrics } from '../../telemetry/metrics.ts'
import { lastAnswer } from '../answers.ts'
import { idleMs } from './figures.ts'
import type { SlowClientFigures } from './progress.ts'
import { Progress } from './progress.ts'
import { SlowSession } from './slow-session.ts'

const sweepMs = 1_000

/** What is known of a connection of HTTP/1.1. */
type Connection = {
  readonly progress: Progress
  request: IncomingMessage | null
  startedMs: number
  startedAtByte: number
  /** Since when it was seen to wait for a next request, and how much had come then; null while it does not. */
  idle: { readonly sinceMs: number; readonly atByte: number } | null
}

const known = Symbol('what is known of a connection')
type Watched = { [known]?: Connection }
type WatchedSession = { [known]?: SlowSession }

/**
 * Cuts off who keeps the server waiting: bodies that come too slowly, answers that are taken too slowly, connections on which
 * nothing is asked. (Slow heads are Node's own business.) One timer looks at all connections; a request costs three words that are there
 * already. Where we are the ones who wait, for an application that reads slowly, nobody is blamed.
 */
export class SlowClients {
  readonly #figures: SlowClientFigures
  readonly #nowMs: () => number
  readonly #cut: ReturnType<Metrics['counter']>
  readonly #sockets = new Map<Socket, Connection>()
  readonly #sessions = new Set<SlowSession>()
  readonly #timer: NodeJS.Timeout

  /** @param nowMs a clock that never goes back. */
  constructor(figures: SlowClientFigures, metrics: Metrics, nowMs: () => number = () => performance.now()) {
    this.#figures = figures
    this.#nowMs = nowMs
    this.#cut = metrics.counter(
      'custodia_http_slow_clients_total',
      'Clients that were cut off, by what came or was taken too slowly.',
      ['reason'],
    )
    this.#timer = setInterval(() => this.sweep(), sweepMs)
    this.#timer.unref()
  }

  watch(server: Server): void {
    const tls = 'setSecureContext' in server
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket & { alpnProtocol?: string | false }) => {
      if (socket.alpnProtocol !== 'h2') this.#addSocket(socket)
    })
    if (tls) server.on('session', (session: ServerHttp2Session) => this.#addSession(session))
  }

  /** Called for each request when its head is there. */
  begin(request: IncomingMessage): void {
    if (request.httpVersionMajor === 2) {
      const { stream } = request as unknown as Http2ServerRequest
      const session = stream.session as WatchedSession | undefined
      session?.[known]?.begin(stream, this.#nowMs())
      return
    }
    const connection = (request.socket as Watched)[known]
    if (connection === undefined) return
    connection.idle = null
    // Without a body there is nothing to wait for, and how many bytes have come is dear to ask.
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    connection.request = length === undefined && coding === undefined ? null : request
    if (connection.request === null) return
    connection.startedMs = this.#nowMs()
    connection.startedAtByte = request.socket.bytesRead
  }

  sweep(): void {
    const now = this.#nowMs()
    for (const [socket, connection] of this.#sockets) {
      const waiting = socket.writableLength
      if (connection.progress.stalls(waiting, socket.bytesWritten - waiting, now, this.#figures)) {
        this.#cut.add(1, { reason: 'read' })
        socket.destroy()
      } else if (this.#bodyStalls(connection, socket, now)) {
        this.#cut.add(1, { reason: 'body' })
        socket.destroy()
      } else if (idles(connection, socket, now)) {
        this.#cut.add(1, { reason: 'idle' })
        socket.destroySoon()
      }
    }
    for (const session of this.#sessions) {
      const reason = session.sweep(now, this.#figures)
      if (reason !== null) this.#cut.add(1, { reason })
    }
  }

  /** Told of a client that was cut off for what it sent in floods. */
  flooded(): void {
    this.#cut.add(1, { reason: 'flood' })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #addSocket(socket: Socket): void {
    const connection = { progress: new Progress(), request: null, startedMs: 0, startedAtByte: 0, idle: null }
    this.#sockets.set(socket, connection)
    const watched = socket as Watched
    watched[known] = connection
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #addSession(session: ServerHttp2Session): void {
    const one = new SlowSession(session, this.#nowMs)
    this.#sessions.add(one)
    const watched = session as WatchedSession
    watched[known] = one
    session.once('close', () => this.#sessions.delete(one))
  }

  /** Bytes that came since the head, over the whole time: a body that once came fast has earned some rest. */
  #bodyStalls(connection: Connection, socket: Socket, now: number): boolean {
    const { request } = connection
    if (request === null) return false
    if (request.complete || request.destroyed) {
      connection.request = null
      return false
    }
    // What is there and was not fetched waits for us. An upgraded connection is nobody's request any more.
    if (request.readableLength > 0 || request.isPaused() || request.headers.upgrade !== undefined) return false
    const seconds = (now - connection.startedMs) / 1000
    const { slowClientSeconds, leastBytesPerSecond } = this.#figures
    const came = socket.bytesRead - connection.startedAtByte
    return seconds > slowClientSeconds && came < leastBytesPerSecond * seconds
  }
}

/** Before its first request, and as soon as a byte of the next one came, Node gives a connection the time of a head. */
function idles(connection: Connection, socket: Socket, nowMs: number): boolean {
  if (lastAnswer(socket) !== 'over' || !socket.writable) return false
  connection.idle ??= { sinceMs: nowMs, atByte: socket.bytesRead }
  return nowMs - connection.idle.sinceMs >= idleMs && socket.bytesRead === connection.idle.atByte
}
