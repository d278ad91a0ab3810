import type { Socket } from 'node:net'
import { connect } from 'node:net'

export type CrowdOptions = {
  readonly port: number
  /** Of loopback (127.0.0.0/8), where each passes for a machine of its own: Linux answers for all of them. */
  readonly addresses: readonly string[]
  /** What each of them sends, again and again: a whole request of HTTP/1.1. */
  readonly request: string
}

/** What came of what was sent. */
export type CrowdCounts = {
  sent: number
  /** Connections that were made for it; whoever has one keeps it. */
  opened: number
  /** Answers by their status. */
  statuses: Record<number, number>
  /** Turns of an address that was still waiting for its last answer. */
  held: number
  /** Connections that ended before an answer came. */
  cut: number
}

type Member = { readonly address: string; socket: Socket | null; waiting: ((status: number) => void) | null }

/**
 * `count` addresses of loopback, ten in each /24, so that an address is full before its network is.
 *
 * @param second the second byte, which keeps crowds apart.
 */
export const addresses = (count: number, second: number): string[] =>
  Array.from({ length: count }, (_, i) => `127.${second}.${Math.floor(i / 10)}.${(i % 10) + 1}`)

/** Many clients, each at an address and on a connection of its own that it keeps. As cheap as it can be made: it shares the machine with what it loads. */
export class Crowd {
  readonly #port: number
  readonly #request: Buffer
  readonly #members: readonly Member[]
  #counts: CrowdCounts = none()

  constructor({ port, addresses, request }: CrowdOptions) {
    this.#port = port
    this.#request = Buffer.from(request, 'latin1')
    this.#members = addresses.map((address) => ({ address, socket: null, waiting: null }))
  }

  /** Each sends `times` requests, one after the other, all side by side. */
  async each(times: number): Promise<CrowdCounts> {
    this.#counts = none()
    const all = this.#members.map(async (member) => {
      for (let i = 0; i < times; i++) await new Promise<number>((answered) => this.#send(member, answered))
    })
    await Promise.all(all)
    return this.#counts
  }

  /** All together send so many in a second, evenly and in turn, whoever still waits left out; then waits for the last answers, for five seconds at most. */
  async flood(perSecond: number, seconds: number): Promise<CrowdCounts> {
    this.#counts = none()
    const startedMs = performance.now()
    let turn = 0
    await new Promise<void>((resolve) => {
      const tick = setInterval(() => {
        const elapsed = (performance.now() - startedMs) / 1000
        for (const due = Math.min(seconds, elapsed) * perSecond; turn < due; turn++) this.#take(turn)
        if (elapsed < seconds || (this.#waits() && elapsed < seconds + 5)) return
        clearInterval(tick)
        resolve()
      }, 2)
    })
    return this.#counts
  }

  end(): void {
    for (const { socket } of this.#members) socket?.destroy()
  }

  #waits(): boolean {
    return this.#members.some(({ waiting }) => waiting !== null)
  }

  #take(turn: number): void {
    const member = this.#members[turn % this.#members.length] as Member
    if (member.waiting !== null) this.#counts.held += 1
    else this.#send(member, () => {})
  }

  #send(member: Member, answered: (status: number) => void): void {
    this.#counts.sent += 1
    member.waiting = answered
    member.socket ??= this.#open(member)
    member.socket.write(this.#request)
  }

  #open(member: Member): Socket {
    this.#counts.opened += 1
    const socket = connect({ host: '127.0.0.1', port: this.#port, localAddress: member.address, noDelay: true })
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      // Whatever begins otherwise is the rest of a body.
      if (chunk.length < 12 || chunk.toString('latin1', 0, 9) !== 'HTTP/1.1 ') return
      this.#answer(member, Number(chunk.toString('latin1', 9, 12)))
    })
    socket.on('close', () => {
      member.socket = null
      if (member.waiting !== null) this.#answer(member, 0)
    })
    return socket
  }

  /** @param status 0 where the connection ended instead. */
  #answer(member: Member, status: number): void {
    const { waiting } = member
    member.waiting = null
    if (status === 0) this.#counts.cut += 1
    else this.#counts.statuses[status] = (this.#counts.statuses[status] ?? 0) + 1
    waiting?.(status)
  }
}

const none = (): CrowdCounts => ({ sent: 0, opened: 0, statuses: {}, held: 0, cut: 0 })
