import type { Http2ServerRequest } from 'node:http2'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuseRequest } from '../platform/http/errors.ts'
import type { BodyProof } from '../platform/http/ports.ts'
import { ending } from '../platform/http/raw-body.ts'
import { proofOf } from './edge/input.ts'
import type { Turned, UploadDefence } from './edge/uploads.ts'
import type { HeldBodies } from './held-bodies.ts'
import type { WrongKeys } from './wrong-keys.ts'

/** As large a body keeps nobody but its sender waiting: the application hears of it once it is whole. */
const maxWaitedBytes = 65_536

type Needs = {
  readonly bodies: HeldBodies
  readonly wrongKeys: WrongKeys
  readonly uploads: UploadDefence
  /** Told of each file that was not passed on. */
  readonly fileRefused: (request: FastifyRequest, turned: Turned) => void
}

/**
 * What becomes of a body before any of it is passed on. What was signed, what a document speaks of, and files are held until they were found
 * good; any other until it is whole, since it would keep a place at the application; and what is too large for that goes on as it comes.
 *
 * @param done called with what is passed on, or why nothing is.
 */
export function incomingBody(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: Readable,
  needs: Needs,
  done: (error: Error | null, body?: Readable) => void,
): void {
  const body = ending(payload)
  const { caller = null, passed } = request.admitted ?? {}
  const proof = proofOf(caller?.proof ?? null, request.allowed)
  const looked = proof !== null || request.uploadRule !== null
  if (!looked && isThere(request)) {
    passed?.()
    done(null, body)
    return
  }
  const coming = looked ? held(request, reply, body, proof, needs) : whole(request, reply, body, needs)
  coming.then(
    (passedOn) => {
      passed?.()
      done(null, passedOn)
    },
    (error) => {
      needs.wrongKeys.count(request.ip, error)
      // Whatever still comes of the body is nobody's next request.
      void reply.header('connection', 'close')
      done(error as Error)
    },
  )
}

/** Whether nothing of a body is to come any more: there is none, none that is passed on, or all of it has arrived. */
function isThere({ raw, headers, method }: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  if (raw.httpVersionMajor === 2) {
    if ((raw as unknown as Http2ServerRequest).stream.endAfterHeaders) return true
  } else if (coding === undefined && (length === undefined || length === '0')) return true
  return method === 'GET' || method === 'HEAD' || raw.complete
}

/** Waits for a small body; a large one is said to be on its way still. */
async function whole(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: Readable,
  { bodies }: Needs,
): Promise<Readable> {
  if (reply.raw.destroyed) throw endedEarly()
  if (Number(request.headers['content-length'] ?? 0) <= maxWaitedBytes) {
    const release = (letGo: () => void) => void reply.raw.once('close', letGo)
    const body = await bodies.wait(payload, maxWaitedBytes, request.ip, release)
    if (body !== null) return body
  }
  request.arriving = payload
  return payload
}

async function held(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: Readable,
  proof: BodyProof | null,
  { bodies, uploads, fileRefused }: Needs,
): Promise<Readable> {
  // Whoever is gone already would never let go of what is held for them.
  const stillThere = () => {
    if (reply.raw.destroyed) throw endedEarly()
  }
  stillThere()
  const release = (letGo: () => void) => void reply.raw.once('close', letGo)
  const { 'content-length': contentLength, 'content-type': contentType, 'content-encoding': packed } = request.headers
  const proven = proof === null ? payload : await bodies.hold(payload, contentLength, proof, request.ip, release)
  if (request.uploadRule === null) return proven
  if (packed !== undefined) throw refuseRequest('MEDIA_TYPE_UNSUPPORTED', { field: 'header.content-encoding' })
  stillThere()
  const turned = (file: Turned) => fileRefused(request, file)
  const sent = { payload: proven, contentType, contentLength, address: request.ip, turned }
  request.remade = await uploads.receive(request.uploadRule, sent, release)
  return request.remade.body
}

const endedEarly = () => refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })

/** What was said of the body that came is not true of the one that is passed on. */
export function remadeHeaders({ remade }: FastifyRequest): Record<string, string | undefined> {
  if (remade === null) return {}
  return {
    'content-type': remade.contentType,
    'content-length': String(remade.contentLength),
    'content-disposition': undefined,
    'content-digest': undefined,
    'content-md5': undefined,
    digest: undefined,
    'repr-digest': undefined,
  }
}
