import type { IncomingMessage } from 'node:http'
import type { InputDocument, InputVerdict } from '@custodia/edge/input/allow.ts'
import { allowInput, judgeBody, refusalOf } from '@custodia/edge/input/allow.ts'
import { canonicalPath } from '@custodia/edge/input/canonical-path.ts'
import type { CompiledOpenApi } from '@custodia/edge/input/openapi/compile.ts'
import type { BodyPlan, InputHead } from '@custodia/edge/input/openapi/operation.ts'
import { plainBodies } from '@custodia/edge/input/plain-body.ts'
import type { Unfit } from '@custodia/edge/input/unfit.ts'
import type { OnPart } from '../body.ts'
import { announcesBody, collect, maxBodyBytesOf, ofInput, peekBody } from '../body.ts'
import { CustodiaError } from '../errors.ts'

export type InputSettings = {
  /** What the application's requests are held to: `compileOpenApi(document)` of `@custodia/sdk/openapi`. Only their form where it is left out. */
  readonly openapi?: CompiledOpenApi
  /** What the document speaks of: this path and what is below it. Everything unless said. */
  readonly under?: string
  /**
   * Media types of bodies of which no document speaks, as in `application/json` or `image/*`. JSON is held to the strict form, and others are passed
   * on unread; what is not named is refused. `application/json` alone unless said.
   */
  readonly takes?: readonly string[]
  /** Bytes of a body that is held to something: 0 to 67,108,864; 1,048,576 unless said. 64 times as much is held at once. */
  readonly maxBodyBytes?: number
  /** Told of each refusal, for a log. Must not wait. */
  onRefused?(error: CustodiaError): void
}

export type InputGuard = {
  /**
   * Holds what Node received, body included, before anything has read it. The body stays readable.
   *
   * @throws CustodiaError PATH_AMBIGUOUS, OPERATION_UNKNOWN, METHOD_NOT_ALLOWED, REQUEST_INVALID (with `field` and `detail`),
   * MEDIA_TYPE_UNSUPPORTED, REQUEST_TOO_LARGE or SERVER_BUSY.
   */
  check(request: IncomingMessage): Promise<void>
  /** The same for a request of the Fetch API. @returns it, with its body to be read. */
  checkFetch(request: Request): Promise<Request>
}

const together = 64

/**
 * Holds requests to the strict forms of JSON and of paths, and to an OpenAPI document: what the gateway does by `edge.input`, inside an application.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`.
 */
export function createInputGuard(settings: InputSettings = {}): InputGuard {
  const { openapi, takes = ['application/json'], onRefused } = settings
  const document: InputDocument | null = openapi === undefined ? null : { compiled: openapi, under: underOf(settings) }
  const plain = plainOf(takes)
  const maxBytes = maxBodyBytesOf(settings.maxBodyBytes)
  let held = 0

  function planFor(head: InputHead & { readonly method: string }): BodyPlan {
    const path = canonicalPath(head.target)
    if (path === null) throw new CustodiaError('PATH_AMBIGUOUS')
    const said = document === null ? silent : allowInput(document, head, path)
    if (said.kind === 'allowed') return said.body
    if (said.kind !== 'silent') throw refusal(said)
    const body = plain(head.headers)
    const no = refusalOf(body)
    if (no !== null) throw refusal(no)
    return body
  }

  async function hold<Body>(
    headers: InputHead['headers'],
    plan: BodyPlan,
    read: (onPart: OnPart) => Promise<Buffer>,
    then: (bytes: Buffer) => Body,
  ): Promise<Body> {
    // Said beforehand, and refused before it is read.
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw ofInput.tooLarge(maxBytes)
    let here = 0
    try {
      const bytes = await read(({ length }) => {
        here += length
        held += length
        if (held > maxBytes * together) throw new CustodiaError('SERVER_BUSY')
      })
      const unfit = judgeBody(plan, bytes)
      if (unfit !== null) throw invalid(unfit)
      return then(bytes)
    } finally {
      held -= here
    }
  }

  const telling = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof CustodiaError) onRefused?.(error)
      throw error
    }
  }

  return {
    check: (request) =>
      telling(async () => {
        const head = nodeHead(request)
        const plan = planFor(head)
        if (plan.act !== 'check') return
        const read = (onPart: OnPart) => peekBody(request, maxBytes, onPart, ofInput)
        await hold(head.headers, plan, read, () => undefined)
      }),
    checkFetch: (request) =>
      telling(async () => {
        const head = fetchHead(request)
        const plan = planFor(head)
        if (plan.act !== 'check') return request
        const read = (onPart: OnPart) => collect(request.body ?? [], maxBytes, onPart, ofInput)
        return await hold(head.headers, plan, read, (bytes) =>
          request.body === null ? request : new Request(request, { body: bytes as Buffer<ArrayBuffer> }),
        )
      }),
  }
}

const silent: InputVerdict = { kind: 'silent' }

/** A body of no announced length: what looks for one finds what it would find in HTTP/1.1. */
const announced = (headers: InputHead['headers'], has: boolean): InputHead['headers'] =>
  has && headers['content-length'] === undefined ? { ...headers, 'transfer-encoding': 'chunked' } : headers

function nodeHead(request: IncomingMessage): InputHead & { readonly method: string } {
  // Frameworks shorten `url` under the path where a router is mounted, and keep what came.
  const { originalUrl } = request as { readonly originalUrl?: string }
  const { method = '', url = '', headers } = request
  return { method, target: originalUrl ?? url, headers: announced(headers, announcesBody(request)) }
}

/** The Fetch API has resolved the path (`/a/../b` is `/b`), for everybody who looks at it. */
function fetchHead({ method, url, headers, body }: Request): InputHead & { readonly method: string } {
  const { pathname, search } = new URL(url)
  return { method, target: `${pathname}${search}`, headers: announced(Object.fromEntries(headers), body !== null) }
}

function refusal(said: InputVerdict): CustodiaError {
  if (said.kind === 'unknown') return new CustodiaError('OPERATION_UNKNOWN')
  if (said.kind === 'method') return new CustodiaError('METHOD_NOT_ALLOWED', { allowed: said.allowed.join(', ') })
  if (said.kind === 'media-type') return new CustodiaError('MEDIA_TYPE_UNSUPPORTED', { field: said.unfit.field })
  return invalid((said as { readonly unfit: Unfit }).unfit)
}

const invalid = ({ field, detail }: Unfit) => new CustodiaError('REQUEST_INVALID', { field, detail })

function underOf({ under = '/' }: InputSettings): string {
  if (!/^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/.test(under))
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'under' })
  return under.toLowerCase()
}

function plainOf(takes: readonly string[]): ReturnType<typeof plainBodies> {
  try {
    return plainBodies(takes)
  } catch {
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'takes' })
  }
}
