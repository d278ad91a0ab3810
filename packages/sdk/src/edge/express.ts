import type { Request, RequestHandler, Response } from 'express'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'

/**
 * Refuses with 429 what has no room, by address, before anybody is known. Mount it first. Behind the gateway or another proxy Express's
 * `trust proxy` must name it, or everybody has one address.
 *
 * @example app.use(limitRequests(limits))
 */
export function limitRequests(limits: RequestLimits): RequestHandler {
  return async (request, response, next) =>
    answer(await limits.arrive(request.method, request.path, addressOf(request)), response, next)
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

const addressOf = ({ ip, socket }: Request): string => ip ?? socket.remoteAddress ?? ''

function answer({ headers, refusal }: Limited, response: Response, next: () => void): void {
  response.set(headers)
  if (refusal === null) next()
  else response.writeHead(refusal.status, refusal.headers).end(refusal.body)
}
