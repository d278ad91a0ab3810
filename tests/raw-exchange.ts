import { connect } from 'node:net'

export type RawAnswer = {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export type RawExchange = {
  /** Resolves when what was given is with the system. */
  readonly sent: Promise<void>
  /** Resolves when the server asks for the body: it has read a head with `Expect: 100-continue` (RFC 9110, section 10.1.1). */
  readonly begun: Promise<void>
  readonly answer: Promise<RawAnswer>
  write(more: string | Uint8Array): void
  end(): void
}

const patienceMs = 20_000
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'

/** One connection on which exactly these bytes are sent: what no HTTP client would let out. The first answer is read. */
export function rawExchange(port: number, bytes: string | Uint8Array): RawExchange {
  const socket = connect(port, '127.0.0.1')
  const sent = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<RawAnswer>()
  let received = Buffer.alloc(0)
  const settle = (closed: boolean) => {
    const found = read(received, closed)
    if (found === null) return
    answer.resolve(found)
    socket.destroy()
  }
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')))
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.indexOf(goOn) === 0) {
      received = received.subarray(goOn.length)
      begun.resolve()
    }
    settle(false)
  })
  // Whoever refuses while we still write may close in our face; what was said before counts.
  socket.on('error', () => {})
  socket.on('close', () => {
    settle(true)
    answer.reject(new Error(`the connection ended without an answer: ${received.toString('latin1', 0, 200)}`))
  })
  socket.write(bytes, () => sent.resolve())
  answer.promise.catch(begun.reject)
  begun.promise.catch(() => {})
  return {
    sent: sent.promise,
    begun: begun.promise,
    answer: answer.promise,
    write: (more) => void socket.write(more),
    end: () => void socket.end(),
  }
}

function read(bytes: Buffer, closed: boolean): RawAnswer | null {
  const split = bytes.indexOf('\r\n\r\n')
  if (split === -1) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, split).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const rest = bytes.subarray(split + 4)
  const length = Number(headers['content-length'] ?? Number.NaN)
  // Our replies carry a length, apart from the few that end with their connection or come in chunks.
  const whole = Number.isNaN(length) ? closed || rest.includes('\r\n0\r\n\r\n') : rest.length >= length
  if (!whole) return null
  // What the server says after it, as that the next bytes are no request, is another answer.
  const lastChunk = rest.indexOf('\r\n0\r\n\r\n')
  const end = Number.isNaN(length) ? (lastChunk < 0 ? rest.length : lastChunk) : length
  const text = rest.subarray(0, end).toString()
  const json = /^[0-9a-f]*(?:\r\n)?(\{[\s\S]*\})/.exec(text)?.[1]
  const body = json === undefined ? {} : (JSON.parse(json) as Record<string, unknown>)
  return { status: Number(first.split(' ')[1]), headers, body, text }
}
