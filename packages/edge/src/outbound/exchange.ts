import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { OutboundError } from './outbound-error.ts'
import { isPublicAddress } from './public-address.ts'

export type OutboundOptions = {
  readonly headers?: Readonly<Record<string, string>>
  /** For everything together: the name, the connection, the reply. */
  readonly timeoutMs: number
  /** True where an operator said that the service is on a network of theirs. */
  readonly allowPrivate: boolean
  /** Who knows the addresses of a name; the system unless said. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>
}

type Request = OutboundOptions & { readonly method: 'GET' | 'POST'; readonly body: Buffer | null }

/**
 * One request to somebody else's server. The name is resolved once, every address that it has is checked, and the connection goes to
 * the first of them: what the name says a moment later is no matter. No redirect is followed, nothing is asked for compressed.
 *
 * @param url https only, without a name or password.
 * @param take what is made of the reply, within the same time.
 * @param stop where the caller has no more time for it.
 * @throws OutboundError whatever goes wrong; its message names the host, never the path.
 */
export async function exchange<T>(
  url: URL,
  asked: Request,
  take: (reply: IncomingMessage) => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new OutboundError('address', url.hostname)
  const timeout = AbortSignal.timeout(asked.timeoutMs)
  const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop])
  const late = new Promise<never>((_, reject) => {
    const over = () => reject(new OutboundError('timeout', url.hostname))
    if (signal.aborted) over()
    else signal.addEventListener('abort', over, { once: true })
  })
  // Whoever loses the race has nobody left to tell.
  late.catch(() => {})
  return await Promise.race([late, ask(url, asked, signal).then(take)])
}

async function ask(url: URL, asked: Request, signal: AbortSignal): Promise<IncomingMessage> {
  const resolve = asked.resolve ?? ((host: string) => lookup(host, { all: true }))
  const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, '')).catch(() => {
    throw new OutboundError('unreachable', url.hostname)
  })
  const [first] = addresses
  if (first === undefined) throw new OutboundError('unreachable', url.hostname)
  if (!asked.allowPrivate && !addresses.every(({ address }) => isPublicAddress(address)))
    throw new OutboundError('address', url.hostname)
  return await send(url, asked, signal, first)
}

function send(url: URL, asked: Request, signal: AbortSignal, to: LookupAddress): Promise<IncomingMessage> {
  const checked: LookupFunction = (_name, { all }, answer) =>
    all === true ? answer(null, [to]) : answer(null, to.address, to.family)
  const { method, body } = asked
  const length = body === null ? {} : { 'content-length': String(body.length) }
  const headers = { ...asked.headers, ...length, 'accept-encoding': 'identity' }
  return new Promise((resolve, reject) => {
    // A connection of its own: a kept one could have been opened under other rules.
    const options = { method, agent: false, headers, lookup: checked, signal, maxHeaderSize: 16_384 }
    const sent = request(url, options, resolve)
    sent.on('error', () => reject(new OutboundError('unreachable', url.hostname)))
    sent.end(body ?? undefined)
  })
}
