import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuseRequest } from '../platform/http/errors.ts'
import type { BodyProof } from '../platform/http/ports.ts'
import { proofOf } from './edge/input.ts'
import type { Turned, UploadDefence } from './edge/uploads.ts'
import type { HeldBodies } from './held-bodies.ts'
import type { WrongKeys } from './wrong-keys.ts'

type Needs = {
  readonly bodies: HeldBodies
  readonly wrongKeys: WrongKeys
  readonly uploads: UploadDefence
  /** Told of each file that was not passed on. */
  readonly fileRefused: (request: FastifyRequest, turned: Turned) => void
}

/**
 * What becomes of a body before any of it is passed on. Nearly all go on as they come; what was signed, what a document speaks of, and files
 * are held until they were found good.
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
  const { caller = null, passed } = request.admitted ?? {}
  const proof = proofOf(caller?.proof ?? null, request.allowed)
  if (proof === null && request.uploadRule === null) {
    passed?.()
    done(null, payload)
    return
  }
  held(request, reply, payload, proof, needs).then(
    (body) => {
      passed?.()
      done(null, body)
    },
    (error) => {
      needs.wrongKeys.count(request.ip, error)
      // Whatever still comes of the body is nobody's next request.
      void reply.header('connection', 'close')
      done(error as Error)
    },
  )
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
    if (reply.raw.destroyed) throw refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
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
