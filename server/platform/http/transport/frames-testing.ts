import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'

/** Types of frames (RFC 9113 §6). */
export const frames = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const
export const flags = { endStream: 1, ack: 1, endHeaders: 4 } as const

/** One frame (RFC 9113 §4.1). */
export function frame(type: number, flag: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flag
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const text = (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'latin1')])

/** The head of a request, without compression (RFC 7541 §6.2.2). */
export const head = (method: 'GET' | 'POST', path: string, authority = 'localhost'): Buffer =>
  Buffer.concat([
    Buffer.of(method === 'GET' ? 0x82 : 0x83, 0x87, 0x04),
    text(path),
    Buffer.of(0x01),
    text(authority),
    ...(method === 'GET' ? [] : [Buffer.of(0x00), text('content-type'), text('application/json')]),
  ])

export type RawHttp2 = {
  readonly socket: TLSSocket
  /** Sends these bytes; resolves when the system has them, or the connection is over. */
  send(bytes: Uint8Array): Promise<void>
  readonly closed: Promise<void>
  readonly over: () => boolean
  /** Types of the frames that came. */
  readonly received: () => number[]
}

/** A connection on which exactly these frames are sent, after the preface. Nothing is answered by itself. */
export async function rawHttp2(
  port: number,
  settings: Uint8Array = new Uint8Array(0),
  servername = 'localhost',
): Promise<RawHttp2> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  })
  let over = false
  let bytes = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
  })
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      over = true
      resolve()
    }),
  )
  const send = (more: Uint8Array) =>
    new Promise<void>((resolve) => {
      if (over) return resolve()
      socket.write(more, () => resolve())
      void closed.then(resolve)
    })
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve))
  await send(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frames.settings, 0, 0, settings)]))
  return {
    socket,
    send,
    closed,
    over: () => over,
    received: () => {
      const types: number[] = []
      for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes[at + 3] as number)
      return types
    },
  }
}
