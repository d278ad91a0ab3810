import type { IncomingMessage, ServerResponse } from 'node:http'
import { csrfHeader } from '@custodia/edge/browser/csrf-token.ts'
import { announcesBody, collect, ofInput, partsOf } from '../body.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'
import type { Taken, UploadIntake } from '../uploads/intake.ts'
import { beforeHead } from './before-head.ts'
import type { BrowserArrival, BrowserDefence, BrowserVerdict, CsrfProof } from './browser.ts'
import type { InputGuard } from './input.ts'

/** What only the application knows of a request. */
export type BrowserOptions<Request> = {
  /**
   * The session that the token must be of: its identifier, and never the secret in its cookie. The defence then comes after what finds the
   * session, and before everything else.
   */
  readonly session?: (request: Request) => string | null | undefined
  /** The token that came; of the header `X-CSRF-Token` unless said. A form has it in a field, once the body was parsed. */
  readonly token?: (request: Request) => string | undefined | Promise<string | undefined>
  /** The client's address, for the rate of reports. */
  readonly address?: (request: Request) => string | undefined
}

/** @returns true where the request may go on; otherwise it was answered. */
export type NodeCheck = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>

/**
 * The browser defences in front of a handler of `node:http` or `node:http2`.
 *
 * @example if (!(await browser(request, response))) return
 */
export function defendBrowser(defence: BrowserDefence, options: BrowserOptions<IncomingMessage> = {}): NodeCheck {
  return async (request, response) => {
    const verdict = await arriveNode(defence, request, response, options.address?.(request))
    const answer = verdict.answer ?? (await defence.refuse(headOf(request), verdict, () => proofOf(request, options)))
    if (answer !== null) answerNode(request, response, answer)
    return answer === null
  }
}

/**
 * Holds requests to strict forms, and to the application's document. The body stays readable.
 *
 * @example if (!(await input(request, response))) return
 */
export function checkInput(guard: InputGuard): NodeCheck {
  return async (request, response) => {
    try {
      await guard.check(request)
      return true
    } catch (error) {
      answerNode(request, response, problemFrom(error))
      return false
    }
  }
}

/**
 * Takes a request's files, looked at and scanned, in the place of its body.
 *
 * @returns null where it was answered: nothing of it is taken then.
 * @example const taken = await uploads(request, response)
 */
export function takeUploads(
  intake: UploadIntake,
): (request: IncomingMessage, response: ServerResponse) => Promise<Taken | null> {
  return async (request, response) => {
    try {
      return await intake.take(request)
    } catch (error) {
      answerNode(request, response, problemFrom(error))
      return null
    }
  }
}

/** The nonce for the scripts of this reply; null where none is written, or `defendBrowser` does not run before. */
export const nonceOf = (request: IncomingMessage): string | null => nonces.get(request) ?? null

const nonces = new WeakMap<IncomingMessage, string>()

/** Decides on a request, and has the headers of its reply changed last of all. */
export async function arriveNode(
  defence: BrowserDefence,
  request: IncomingMessage,
  response: ServerResponse,
  address = request.socket.remoteAddress,
): Promise<BrowserVerdict> {
  const { originalUrl } = request as { readonly originalUrl?: string }
  const arrival: BrowserArrival = {
    head: headOf(request),
    target: originalUrl ?? request.url ?? '',
    address: address ?? '',
    readBody: (maxBytes) => collect(partsOf(request), maxBytes, undefined, ofInput),
  }
  const verdict = await defence.arrive(arrival)
  if (verdict.nonce !== null) nonces.set(request, verdict.nonce)
  beforeHead(response, verdict.finish)
  return verdict
}

/** The session and the token of a request, by what the application says of it. */
export async function proofOf<Asked extends { readonly headers: IncomingMessage['headers'] }>(
  request: Asked,
  { session, token }: BrowserOptions<Asked>,
): Promise<CsrfProof> {
  const sent = token === undefined ? request.headers[csrfHeader] : await token(request)
  return { session: session?.(request) ?? null, token: typeof sent === 'string' ? sent : undefined }
}

export const headOf = ({ method = '', headers }: IncomingMessage) => ({ method, headers })

export function answerNode(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { ...problem.headers, ...closing(request) }).end(problem.body)
}

/** Whatever still comes of a body that was not read is nobody's next request. */
export const closing = (request: IncomingMessage): Readonly<Record<string, string>> =>
  request.httpVersionMajor === 1 && announcesBody(request) && !request.complete ? { connection: 'close' } : {}
