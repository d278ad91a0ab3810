import type { Context, MiddlewareHandler } from 'hono'
import type { KnownCaller, Limited, RequestLimits } from './limits.ts'

/**
 * Refuses with 429 what has no room, by address, before anybody is known. Use it first.
 *
 * @param address of the client: from the adapter, as `getConnInfo(context).remote.address`, or from what a proxy of yours says.
 * @example app.use(limitRequests(limits, (context) => getConnInfo(context).remote.address ?? ''))
 */
export function limitRequests(limits: RequestLimits, address: (context: Context) => string): MiddlewareHandler {
  return async (context, next) => {
    const { method, path } = context.req
    return await answer(await limits.arrive(method, path, address(context)), context, next)
  }
}

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
