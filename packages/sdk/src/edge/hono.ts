import type { Sent } from '@custodia/edge/challenge/challenges.ts'
import type { Context, MiddlewareHandler } from 'hono'
import { problemFrom, responseOf } from '../middleware/problem.ts'
import type { Taken, UploadIntake } from '../uploads/intake.ts'
import { takenOf } from '../uploads/intake.ts'
import type { BrowserDefence } from './browser.ts'
import { arriveFetch, finishFetch, nonceOf as nonceOfRequest, refuseFetch } from './fetch.ts'
import type { InputGuard } from './input.ts'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'
import type { BrowserOptions } from './node.ts'

/**
 * Refuses with 429 what has no room, by address, before anybody is known. Use it first.
 *
 * @param address of the client: from the adapter, as `getConnInfo(context).remote.address`, or from what a proxy of yours says.
 * @example app.use(limitRequests(limits, (context) => getConnInfo(context).remote.address ?? ''))
 */
export function limitRequests(limits: RequestLimits, address: (context: Context) => string): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req
    return await answer(await limits.arrive(method, path, address(context), sentOf(context)), context, next)
  }
}

/** Read only where somebody has no room. */
const sentOf = ({ req }: Context): Sent => ({
  get host() {
    return new URL(req.url).hostname
  },
  get headers() {
    return Object.fromEntries(req.raw.headers)
  },
})

/** The same by account, key and organisation. Use it after whatever finds out who asks. */
export function limitCallers(
  limits: RequestLimits,
  address: (context: Context) => string,
  caller: (context: Context) => KnownCaller | null,
): MiddlewareHandler {
  return async (context, next) => {
    const known = caller(context)
    if (known === null) return await next()
    const { method, path } = context.req
    return await answer(await limits.known(method, path, address(context), known), context, next)
  }
}

/**
 * The browser defences: headers on every reply, CORS, refusal of other sites' requests, reports. Use it first.
 *
 * @param options.address of the client: from the adapter, as `getConnInfo(context).remote.address`; without it reports share one rate.
 * @example app.use(defendBrowser(browser))
 */
export function defendBrowser(defence: BrowserDefence, options: BrowserOptions<Context> = {}): MiddlewareHandler {
  return async (context, next) => {
    const { raw } = context.req
    const verdict = await arriveFetch(defence, raw, options.address?.(context))
    nonces.set(context, nonceOfRequest(raw))
    const answer = verdict.answer ?? (await refuseFetch(defence, raw, verdict, of(context, options)))
    if (answer !== null) return finishFetch(verdict, responseOf(answer))
    await next()
    const reply = finishFetch(verdict, context.res)
    // Hono would put the headers of the reply that is there over those of the one that takes its place.
    context.res = undefined
    context.res = reply
    return undefined
  }
}

const nonces = new WeakMap<Context, string | null>()

/** The nonce for the scripts of this reply; null where none is written, or `defendBrowser` does not run before. */
export const nonceOf = (context: Context): string | null => nonces.get(context) ?? null

/** What is known of a context, asked of its request. */
const of = (context: Context, { session, token }: BrowserOptions<Context>): BrowserOptions<Request> => ({
  ...(session === undefined ? {} : { session: () => session(context) }),
  ...(token === undefined ? {} : { token: () => token(context) }),
})

/**
 * Refuses what can be read in two ways, and what the application's document does not allow. Use it before whatever reads the body, which is
 * put back for it.
 *
 * @example app.use(checkInput(input))
 */
export function checkInput(guard: InputGuard): MiddlewareHandler {
  return async (context, next) => {
    try {
      context.req.raw = await guard.checkFetch(context.req.raw)
    } catch (error) {
      return responseOf(problemFrom(error))
    }
    await next()
    return undefined
  }
}

/**
 * Takes a request's files, looked at and scanned, in the place of its body. Use it on the route that takes them.
 *
 * @example app.post('/photos', takeUploads(photos), (context) => save(uploadsOf(context).files))
 */
export function takeUploads(intake: UploadIntake): MiddlewareHandler {
  return async (context, next) => {
    try {
      uploads.set(context, await intake.takeFetch(context.req.raw))
    } catch (error) {
      return responseOf(problemFrom(error))
    }
    await next()
    return undefined
  }
}

const uploads = new WeakMap<Context, Taken>()

/**
 * What `takeUploads` took.
 *
 * @throws CustodiaError REQUEST_INVALID where it does not run before this route.
 */
export const uploadsOf = (context: Context): Taken => takenOf(uploads.get(context))

async function answer(
  { headers, refusal }: Limited,
  context: Context,
  next: () => Promise<void>,
): Promise<Response | undefined> {
  if (refusal !== null) return new Response(refusal.body, { status: refusal.status, headers: { ...refusal.headers } })
  for (const [name, value] of Object.entries(headers)) context.header(name, value)
  await next()
  return undefined
}
