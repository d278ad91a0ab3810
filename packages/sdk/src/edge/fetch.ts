import { csrfHeader } from '@custodia/edge/browser/csrf-token.ts'
import { collect, ofInput } from '../body.ts'
import { problemFrom, responseOf } from '../middleware/problem.ts'
import type { Taken, UploadIntake } from '../uploads/intake.ts'
import type { BrowserDefence, BrowserVerdict, ReplyHeaders } from './browser.ts'
import type { InputGuard } from './input.ts'
import type { BrowserOptions } from './node.ts'

/** A handler of the Fetch API, as Deno, Bun and others have them. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * The browser defences around a handler of the Fetch API.
 *
 * @example export default { fetch: defendBrowser(browser, handler) }
 */
export function defendBrowser(
  defence: BrowserDefence,
  handler: FetchHandler,
  options: BrowserOptions<Request> = {},
): FetchHandler {
  return async (request) => {
    const verdict = await arriveFetch(defence, request, options.address?.(request))
    const answer = verdict.answer ?? (await refuseFetch(defence, request, verdict, options))
    return finishFetch(verdict, answer === null ? await handler(request) : responseOf(answer))
  }
}

/**
 * Holds requests to strict forms, and to the application's document, before a handler.
 *
 * @example export default { fetch: checkInput(input, handler) }
 */
export function checkInput(guard: InputGuard, handler: FetchHandler): FetchHandler {
  return async (request) => {
    let checked: Request
    try {
      checked = await guard.checkFetch(request)
    } catch (error) {
      return responseOf(problemFrom(error))
    }
    const nonce = nonces.get(request)
    if (nonce !== undefined) nonces.set(checked, nonce)
    return await handler(checked)
  }
}

/**
 * Takes a request's files, looked at and scanned, in the place of its body.
 *
 * @example const photos = takeUploads(intake, (request, { files }) => save(files))
 */
export function takeUploads(
  intake: UploadIntake,
  handler: (request: Request, taken: Taken) => Response | Promise<Response>,
): FetchHandler {
  return async (request) => {
    let taken: Taken
    try {
      taken = await intake.takeFetch(request)
    } catch (error) {
      return responseOf(problemFrom(error))
    }
    return await handler(request, taken)
  }
}

/** The nonce for the scripts of the reply to this request; null where none is written, or `defendBrowser` does not run before. */
export const nonceOf = (request: Request): string | null => nonces.get(request) ?? null

const nonces = new WeakMap<Request, string>()

export async function arriveFetch(defence: BrowserDefence, request: Request, address = ''): Promise<BrowserVerdict> {
  const { pathname, search } = new URL(request.url)
  const verdict = await defence.arrive({
    head: headOf(request),
    target: `${pathname}${search}`,
    address,
    readBody: (maxBytes) => collect(request.body ?? [], maxBytes, undefined, ofInput),
  })
  if (verdict.nonce !== null) nonces.set(request, verdict.nonce)
  return verdict
}

export const refuseFetch = <Asked extends Request>(
  defence: BrowserDefence,
  request: Asked,
  verdict: BrowserVerdict,
  { session, token }: BrowserOptions<Asked>,
) =>
  defence.refuse(headOf(request), verdict, async () => ({
    session: session?.(request) ?? null,
    token: token === undefined ? (request.headers.get(csrfHeader) ?? undefined) : await token(request),
  }))

/** The reply with the headers that it may have; the same body. */
export function finishFetch({ finish }: BrowserVerdict, reply: Response): Response {
  // A connection that becomes a WebSocket (101) is no page, and no such reply can be made anew.
  if (reply.status < 200) return reply
  const before: ReplyHeaders = Object.fromEntries(reply.headers)
  const cookies = reply.headers.getSetCookie()
  if (cookies.length > 0) before['set-cookie'] = cookies
  const headers = new Headers()
  for (const [name, value] of Object.entries(finish(before, reply.status)))
    for (const one of value === undefined ? [] : [value].flat()) headers.append(name, one)
  return new Response(reply.body, { status: reply.status, statusText: reply.statusText, headers })
}

const headOf = ({ method, headers }: Request) => ({ method, headers: Object.fromEntries(headers) })
