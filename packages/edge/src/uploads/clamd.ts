import { createConnection } from 'node:net'

export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** `clean` is the one word that lets a file through. */
export type Scan =
  | { readonly verdict: 'clean' }
  | { readonly verdict: 'found'; readonly signature: string }
  /** Nobody knows: not reached, too slow, too large for it, or an answer that is neither of the above. */
  | { readonly verdict: 'unsure'; readonly why: 'unreachable' | 'too-slow' | 'answer' }

const chunkBytes = 262_144
const maxReplyBytes = 1_024

/**
 * Has `clamd` scan bytes (`clamd(8)`, INSTREAM: chunks behind their length as 32 bits in network order, ended by one of length 0).
 *
 * @param timeoutSeconds for all of it.
 * @returns `clean` for exactly `stream: OK` and the end of the connection, and for nothing else. Never throws.
 */
export function scanWithClamd(bytes: Uint8Array, address: ClamdAddress, timeoutSeconds: number): Promise<Scan> {
  return new Promise((resolve) => {
    const socket = createConnection('path' in address ? { path: address.path } : { ...address })
    const said: Buffer[] = []
    let length = 0
    const settle = (scan: Scan) => {
      clearTimeout(late)
      socket.destroy()
      resolve(scan)
    }
    const late = setTimeout(() => settle({ verdict: 'unsure', why: 'too-slow' }), timeoutSeconds * 1_000)
    socket.on('data', (part: Buffer) => {
      said.push(part)
      length += part.length
      if (length > maxReplyBytes) settle({ verdict: 'unsure', why: 'answer' })
    })
    // It answers early where the file is too large for it, and hangs up: what it said counts, not that we could not go on.
    socket.on('error', () => settle(length === 0 ? { verdict: 'unsure', why: 'unreachable' } : read(said)))
    socket.on('end', () => settle(length === 0 ? { verdict: 'unsure', why: 'unreachable' } : read(said)))
    socket.once('connect', () => {
      socket.write('zINSTREAM\0')
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        const chunk = bytes.subarray(at, at + chunkBytes)
        const head = Buffer.alloc(4)
        head.writeUInt32BE(chunk.length)
        socket.write(head)
        socket.write(chunk)
      }
      socket.write(Buffer.alloc(4))
    })
  })
}

function read(said: readonly Buffer[]): Scan {
  const reply = Buffer.concat(said).toString('latin1')
  if (reply === 'stream: OK\0') return { verdict: 'clean' }
  const found = /^stream: ([\x21-\x7e]{1,200}) FOUND\0$/.exec(reply)?.[1]
  return found === undefined ? { verdict: 'unsure', why: 'answer' } : { verdict: 'found', signature: found }
}

/** `unix:/run/clamav/clamd.ctl`, or `127.0.0.1:3310` and `[::1]:3310`. @throws Error in words. */
export function parseClamdAddress(text: string): ClamdAddress {
  const path = /^unix:(\/[^\0]{1,100})$/.exec(text)?.[1]
  if (path !== undefined) return { path }
  const [, host, port] = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9.-]{0,252}):(\d{1,5})$/i.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535 || Number(port) < 1)
    throw new Error('it is neither unix:/PATH nor HOST:PORT')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}
