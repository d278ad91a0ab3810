import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { refuseRequest } from './errors.ts'

/** The one media type of bodies that are taken as they are. No form of a browser sends it, so that a cross-site request asks first. */
export const rawType = 'application/octet-stream'

/** A body as it comes, in pieces. It throws REQUEST_TOO_LARGE as soon as it is too long, and where it ends too early. */
export type RawBody = AsyncIterable<Uint8Array>

export const noBody: RawBody = { async *[Symbol.asyncIterator]() {} }

/** A body that says when it is over, whoever listens. One of which the end was said before anybody could is none, and is replaced. */
export const ending = (body: Readable): Readable => (body.readableEnded ? Readable.from([]) : body)

/**
 * The way of bodies to routes with `rawBody`, after the whole pipeline and before anything was read. What was signed as a whole is held
 * until its digest was compared.
 *
 * @throws Refusal MEDIA_TYPE_UNSUPPORTED, REQUEST_TOO_LARGE; whatever the proof throws.
 */
export async function takeRaw({ call }: FastifyRequest, payload: Readable, limitBytes: number): Promise<RawBody> {
  if (call === null || !takes(call.route.rawBody, call.head.headers['content-type']))
    throw refuseRequest('MEDIA_TYPE_UNSUPPORTED')
  const most = call.route.bodyLimitBytes ?? limitBytes
  // RFC 9110 §8.6: what it says is known before a byte of it is read. What it does not say is counted.
  const said = Number(call.head.headers['content-length'] ?? 0)
  if (said > most) throw refuseRequest('REQUEST_TOO_LARGE', { limitBytes: most })
  const body = bounded(payload, most)
  if (call.proof === null) return body
  const bytes = Buffer.concat(await Array.fromAsync(body))
  if (bytes.length > 0) call.proof.hold(bytes)
  return whole(bytes)
}

/** What is there already. */
export const whole = (bytes: Uint8Array): RawBody => ({
  async *[Symbol.asyncIterator]() {
    yield bytes
  },
})

/** JSON comes here, too, where a route takes any media type. */
const takes = (rawBody: true | 'any' | undefined, type: string | undefined): boolean =>
  rawBody === 'any' || (rawBody === true && type?.split(';')[0]?.trim().toLowerCase() === rawType)

async function* bounded(payload: Readable, limitBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0
  try {
    // Left open where its reader stops: the connection is what the refusal goes back on.
    for await (const piece of payload.iterator({ destroyOnReturn: false })) {
      total += (piece as Uint8Array).length
      if (total > limitBytes) throw refuseRequest('REQUEST_TOO_LARGE', { limitBytes })
      yield piece as Uint8Array
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    throw refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended before its length' })
  }
}
