import type { Request, RequestHandler, Response } from 'express'
import type { Taken, UploadIntake } from '../uploads/intake.ts'
import { takenOf } from '../uploads/intake.ts'
import type { BrowserDefence } from './browser.ts'
import { sentBy } from './challenge.ts'
import type { InputGuard } from './input.ts'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'
import type { BrowserOptions } from './node.ts'
import { answerNode, arriveNode, checkInput as checkNode, headOf, proofOf, takeUploads as takeNode } from './node.ts'

export { nonceOf } from './node.ts'

/**
 * Refuses with 429 what has no room, by address, before anybody is known. Mount it first. Behind the gateway or another proxy Express's
 * `trust proxy` must name it, or everybody has one address.
 *
 * @example app.use(limitRequests(limits))
 */
export function limitRequests(limits: RequestLimits): RequestHandler {
  return async (request, response, next) =>
    answer(
      await limits.arrive(request.method, request.path, addressOf(request), sentBy(request.headers)),
      response,
      next,
    )
}

/**
 * The same by account, key and organisation. Mount it after whatever finds out who asks.
 *
 * @example app.use(limitCallers(limits, (request) => ({ account: identityOf(request).userId })))
 */
export function limitCallers(limits: RequestLimits, caller: (request: Request) => KnownCaller | null): RequestHandler {
  return async (request, response, next) => {
    const known = caller(request)
    if (known === null) next()
    else answer(await limits.known(request.method, request.path, addressOf(request), known), response, next)
  }
}

/**
 * The browser defences: headers on every reply, CORS, refusal of other sites' requests, reports. Mount it first, and after the body parsers
 * where `token` reads a form's field.
 *
 * @example app.use(defendBrowser(browser, { session: (request) => request.session?.id }))
 */
export function defendBrowser(defence: BrowserDefence, options: BrowserOptions<Request> = {}): RequestHandler {
  return async (request, response, next) => {
    const verdict = await arriveNode(defence, request, response, options.address?.(request) ?? addressOf(request))
    const answer = verdict.answer ?? (await defence.refuse(headOf(request), verdict, () => proofOf(request, options)))
    if (answer === null) next()
    else answerNode(request, response, answer)
  }
}

/**
 * Refuses what can be read in two ways, and what the application's document does not allow. Mount it before the body parsers, which read the
 * body afterwards as if nobody had.
 *
 * @example app.use(checkInput(input))
 */
export function checkInput(guard: InputGuard): RequestHandler {
  const check = checkNode(guard)
  return async (request, response, next) => {
    if (await check(request, response)) next()
  }
}

/**
 * Takes a request's files, looked at and scanned, in the place of its body. Mount it on the route that takes them.
 *
 * @example app.post('/photos', takeUploads(photos), (request, response) => save(uploadsOf(request).files))
 */
export function takeUploads(intake: UploadIntake): RequestHandler {
  const take = takeNode(intake)
  return async (request, response, next) => {
    const taken = await take(request, response)
    if (taken === null) return
    uploads.set(request, taken)
    next()
  }
}

const uploads = new WeakMap<Request, Taken>()

/**
 * What `takeUploads` took.
 *
 * @throws CustodiaError REQUEST_INVALID where it does not run before this route.
 */
export const uploadsOf = (request: Request): Taken => takenOf(uploads.get(request))

const addressOf = ({ ip, socket }: Request): string => ip ?? socket.remoteAddress ?? ''

function answer({ headers, refusal }: Limited, response: Response, next: () => void): void {
  response.set(headers)
  if (refusal === null) next()
  else response.writeHead(refusal.status, refusal.headers).end(refusal.body)
}
