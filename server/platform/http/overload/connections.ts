import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { BlockList, isIP } from 'node:net'
import type { Metrics } from '../../telemetry/metrics.ts'
import { network } from '../limits.ts'
import type { OverloadFigures } from './figures.ts'

type Counter = ReturnType<Metrics['counter']>

/**
 * Bounds connections before anything is read from them, TLS included: in all, and from one address. Proxies that are trusted bring many
 * clients, and count in all alone. When most places are taken, those go first that wait for a next request.
 */
export class Connections {
  readonly #figures: OverloadFigures
  readonly #exempt: (address: string) => boolean
  readonly #refused: Counter
  readonly #open = new Set<Socket>()
  readonly #byNetwork = new Map<string, number>()

  constructor(figures: OverloadFigures, trustedProxies: readonly string[], metrics: Metrics) {
    this.#figures = figures
    this.#exempt = within(trustedProxies)
    this.#refused = metrics.counter(
      'custodia_http_connections_refused_total',
      'Connections that were closed at once, because there were too many: in all, or from one address.',
      ['reason'],
    )
    metrics.gauge('custodia_http_connections', 'Connections that are open.', () => this.#open.size)
  }

  /** Before anybody else listens to the server: whoever is refused is seen by nobody. */
  bound(server: Server): void {
    // Node closes what is beyond it before it makes a socket.
    server.maxConnections = this.#figures.maxConnections
    server.on('drop', () => this.#refused.add(1, { reason: 'all' }))
    server.prependListener('connection', (socket: Socket) => this.#admit(server, socket))
  }

  /** Closes every connection, whatever is under way. */
  endAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #admit(server: Server, socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const from = this.#exempt(address) ? null : network(address)
    const count = from === null ? 0 : (this.#byNetwork.get(from) ?? 0)
    if (count >= this.#figures.maxConnectionsPerAddress) {
      this.#refused.add(1, { reason: 'address' })
      return void socket.resetAndDestroy()
    }
    if (from !== null) this.#byNetwork.set(from, count + 1)
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      if (from === null) return
      const left = (this.#byNetwork.get(from) ?? 1) - 1
      if (left > 0) this.#byNetwork.set(from, left)
      else this.#byNetwork.delete(from)
    })
    if (this.#open.size >= this.#figures.maxConnections * crowded) this.#makeRoom(server)
  }

  #roomMadeMs = Number.NEGATIVE_INFINITY
  /** It looks at each connection, and so not for each that comes. */
  #makeRoom(server: Server): void {
    const now = performance.now()
    if (now - this.#roomMadeMs < 1_000) return
    this.#roomMadeMs = now
    server.closeIdleConnections()
  }
}

const crowded = 0.9

function within(ranges: readonly string[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', length] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
