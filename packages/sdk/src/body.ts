import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { CustodiaError } from './errors.ts'

/** Sees each part of a body as it comes; may throw to end the reading. */
export type OnPart = (part: Uint8Array) => void

/** What is thrown where a body is not taken whole. */
export type BodyFailures = {
  tooLarge(maxBytes: number): CustodiaError
  /** The sender went away in the middle. */
  gone(): CustodiaError
}

const ofSignatures: BodyFailures = {
  tooLarge: (maxBytes) => new CustodiaError('BODY_TOO_LARGE', { maxBytes }),
  gone: () => new CustodiaError('SIGNATURE_INVALID', { reason: 'body' }),
}

export const ofInput: BodyFailures = {
  tooLarge: (limitBytes) => new CustodiaError('REQUEST_TOO_LARGE', { limitBytes }),
  gone: () => new CustodiaError('REQUEST_INVALID', { field: 'body', detail: 'ended early' }),
}

/** @throws CustodiaError CONFIGURATION_INVALID where it is not 0 to 67,108,864. @returns 1,048,576 unless said. */
export function maxBodyBytesOf(value = 1_048_576): number {
  if (Number.isInteger(value) && value >= 0 && value <= 67_108_864) return value
  throw new CustodiaError('CONFIGURATION_INVALID', { field: 'maxBodyBytes' })
}

/**
 * The whole of a stream.
 *
 * @throws CustodiaError as `failures` says, and what `onPart` throws.
 */
export async function collect(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
  onPart: OnPart = () => undefined,
  failures = ofSignatures,
): Promise<Buffer> {
  const gathered = new Gathered(maxBytes, onPart, failures)
  for await (const part of stream) gathered.add(part)
  return gathered.whole()
}

/**
 * The parts of a body that Node receives. Who stops in the middle leaves the connection as it is, so that an answer still reaches the sender.
 *
 * @throws CustodiaError REQUEST_INVALID where the sender goes away.
 */
export async function* partsOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false })
  } catch {
    throw ofInput.gone()
  }
  // HTTP/2 calls that an end, too: half of something would be taken for the whole of it.
  if (request.aborted) throw ofInput.gone()
}

/**
 * The body of a request that Node received, which stays readable: it is put back, so that whoever parses it comes after.
 *
 * @throws CustodiaError as `failures` says; what `onPart` throws. A plain Error where something has read the body already.
 */
export function peekBody(
  request: IncomingMessage,
  maxBytes: number,
  onPart: OnPart,
  failures = ofSignatures,
): Promise<Buffer> {
  if (!announcesBody(request) || isOverAndEmpty(request)) return Promise.resolve(Buffer.alloc(0))
  if (request.readableDidRead) throw new Error('the body was read already: this stands before the body parsers')

  return new Promise((resolve, reject) => {
    const gathered = new Gathered(maxBytes, onPart, failures)
    const stop = () => {
      request.off('readable', read).off('error', gone).off('close', gone)
    }
    const gone = () => {
      stop()
      reject(failures.gone())
    }
    const read = () => {
      try {
        // An empty body has nothing that could be put back: whoever comes after must see the end for the first time.
        while (!isOverAndEmpty(request)) {
          const part = request.read()
          if (part === null) break
          gathered.add(part)
        }
      } catch (error) {
        stop()
        reject(error)
        return
      }
      if (!isComplete(request)) return
      stop()
      const whole = gathered.whole()
      // In the same turn as the last read: a turn later the stream would have said that it is over.
      if (whole.length > 0) request.unshift(whole)
      resolve(whole)
    }
    request.on('readable', read).on('error', gone).on('close', gone)
    // Who is gone already says nothing more.
    if (request.aborted || request.destroyed) gone()
  })
}

export function announcesBody(request: IncomingMessage): boolean {
  // RFC 9113 §8.1: in HTTP/2 the end of the stream says it, and a length is optional.
  if (request.httpVersionMajor > 1) return (request as unknown as Http2ServerRequest).stream.endAfterHeaders !== true
  // RFC 9112 §6.3: a request has a body where one of the two says so, whatever its method.
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

/**
 * Only HTTP/1 says that all has come; of HTTP/2 and of requests that a framework makes up for tests, the stream knows it. In HTTP/2 that ends
 * where the sender broke off, too.
 */
function isComplete(request: IncomingMessage): boolean {
  const { _readableState } = request as unknown as { readonly _readableState?: { readonly ended?: boolean } }
  return (request.httpVersionMajor === 1 && request.complete) || (_readableState?.ended === true && !request.aborted)
}

/** True for a body in chunks of which there is none. Reading it now would say 'end', and nobody listens yet. */
const isOverAndEmpty = (request: IncomingMessage) =>
  isComplete(request) && request.readableLength === 0 && !request.readableDidRead

class Gathered {
  readonly #parts: Uint8Array[] = []
  readonly #maxBytes: number
  readonly #onPart: OnPart
  readonly #failures: BodyFailures
  #length = 0

  constructor(maxBytes: number, onPart: OnPart, failures: BodyFailures) {
    this.#maxBytes = maxBytes
    this.#onPart = onPart
    this.#failures = failures
  }

  add(part: Uint8Array): void {
    this.#length += part.length
    if (this.#length > this.#maxBytes) throw this.#failures.tooLarge(this.#maxBytes)
    this.#onPart(part)
    this.#parts.push(part)
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts, this.#length)
  }
}
