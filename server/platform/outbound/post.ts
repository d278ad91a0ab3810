import type { IncomingMessage } from 'node:http'
import type { OutboundOptions } from './exchange.ts'
import { exchange } from './exchange.ts'

type OutboundPost = OutboundOptions & { readonly body: Buffer }

/**
 * Gives somebody else's server something. See `exchange`. What it says beside its status is not read, so that it may be of any length.
 *
 * @param stop where the caller has no more time for it.
 * @returns the status; a redirect is one, too.
 * @throws OutboundError whatever goes wrong; its message names the host, never the path.
 */
export async function outboundPost(url: URL, options: OutboundPost, stop: AbortSignal): Promise<number> {
  const status = async (reply: IncomingMessage) => {
    reply.destroy()
    return reply.statusCode ?? 0
  }
  return await exchange(url, { ...options, method: 'POST' }, status, stop)
}
