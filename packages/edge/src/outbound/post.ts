import type { IncomingMessage } from 'node:http'
import type { OutboundOptions } from './exchange.ts'
import { exchange } from './exchange.ts'

type OutboundPost = OutboundOptions & { readonly body: Buffer }

/** @property retryAfter what stood in the header of that name; null where nothing did. */
export type OutboundPosted = { readonly status: number; readonly retryAfter: string | null }

/**
 * Gives somebody else's server something. See `exchange`. What it says beside its head is not read, so that it may be of any length.
 *
 * @param stop where the caller has no more time for it.
 * @returns the status; a redirect is one, too.
 * @throws OutboundError whatever goes wrong; its message names the host, never the path.
 */
export async function outboundPost(url: URL, options: OutboundPost, stop: AbortSignal): Promise<OutboundPosted> {
  const head = async (reply: IncomingMessage) => {
    reply.destroy()
    return { status: reply.statusCode ?? 0, retryAfter: reply.headers['retry-after'] ?? null }
  }
  return await exchange(url, { ...options, method: 'POST' }, head, stop)
}
