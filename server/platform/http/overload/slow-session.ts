import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { constants } from 'node:http2'
import { idleMs } from './figures.ts'
import type { SlowClientFigures } from './progress.ts'
import { Progress } from './progress.ts'

/** Before its first request a connection has to come to the point, as a head in HTTP/1.1 has. */
const firstMs = 10_000

type Stream = { readonly startedMs: number; readonly progress: Progress; drains: number; length: number }

/** One connection of HTTP/2: its streams, and since when it has had none. What else comes on it is no sign of life. */
export class SlowSession {
  readonly #session: ServerHttp2Session
  readonly #streams = new Map<ServerHttp2Stream, Stream>()
  #idleSinceMs: number
  #asked = false

  readonly #nowMs: () => number

  /** @param nowMs a clock that never goes back. */
  constructor(session: ServerHttp2Session, nowMs: () => number) {
    this.#session = session
    this.#nowMs = nowMs
    this.#idleSinceMs = nowMs()
  }

  begin(stream: ServerHttp2Stream, nowMs: number): void {
    this.#asked = true
    const one = { startedMs: nowMs, progress: new Progress(), drains: 0, length: 0 }
    this.#streams.set(stream, one)
    stream.on('drain', () => one.drains++)
    stream.once('close', () => {
      this.#streams.delete(stream)
      this.#idleSinceMs = this.#nowMs()
    })
  }

  /** @returns why somebody was cut off; null where nobody was. */
  sweep(nowMs: number, figures: SlowClientFigures): 'idle' | 'body' | 'read' | null {
    if (this.#streams.size === 0) {
      if (nowMs - this.#idleSinceMs <= (this.#asked ? idleMs : firstMs)) return null
      // Said with GOAWAY; whoever does not take even that is not waited for.
      if (this.#session.closed) this.#session.destroy()
      else this.#session.close()
      this.#idleSinceMs = nowMs - (this.#asked ? idleMs : firstMs) + 1_000
      return 'idle'
    }
    let reason: 'body' | 'read' | null = null
    for (const [stream, one] of this.#streams) {
      const length = stream.writableLength
      if (length < one.length) one.drains += 1
      one.length = length
      const late = !stream.endAfterHeaders && !stream.readableEnded && stream.readableLength === 0 && !stream.isPaused()
      if (one.progress.stalls(length, one.drains, nowMs, figures)) reason = 'read'
      else if (late && nowMs - one.startedMs > figures.requestTimeoutSeconds * 1000) reason = 'body'
      else continue
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
    // A client that takes nothing would not take the end of its stream either.
    if (reason === 'read') this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM)
    return reason
  }
}
