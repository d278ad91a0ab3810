import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { outboundPost } from '@custodia/edge/outbound/post.ts'
import { signWebhook } from '@custodia/edge/webhooks/standard.ts'
import type { EndpointRow } from '../endpoints/store.ts'
import { readTarget } from '../endpoints/target.ts'
import type { Parts } from '../parts.ts'
import { secretsOf } from '../parts.ts'

/** What one try came to. `outcome` is a word of ours: nothing that a receiver says is kept. */
export type Tried = {
  readonly outcome: 'delivered' | 'refused' | 'redirect' | 'gone' | 'timeout' | 'unreachable' | 'address'
  readonly status: number | null
  readonly retryAfter: string | null
  readonly durationMs: number
}

/** For the name, the connection and the reply's head together. */
export const tryMs = 15_000

/** Sends one message once, signed now: a receiver that holds the time against its clock takes the tenth try like the first. */
export async function attempt(
  parts: Parts,
  endpoint: EndpointRow,
  message: { readonly id: string; readonly body: Buffer },
  stop: AbortSignal,
): Promise<Tried> {
  const { context } = parts
  const { url } = await readTarget(parts, endpoint)
  const timestamp = Math.floor(context.clock.nowMs() / 1_000)
  const signed = signWebhook({ ...message, timestamp }, await secretsOf(parts, 'endpoint', endpoint))
  const headers = { 'content-type': 'application/json', 'user-agent': 'custodia-webhooks', ...signed }
  const startedMs = performance.now()
  const took = () => Math.round(performance.now() - startedMs)
  try {
    const request = { headers, body: message.body, timeoutMs: tryMs, allowPrivate: context.config.private }
    const { status, retryAfter } = await outboundPost(new URL(url), request, stop)
    return { outcome: outcomeOf(status), status, retryAfter, durationMs: took() }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const { reason } = error
    const outcome = reason === 'timeout' || reason === 'address' ? reason : 'unreachable'
    return { outcome, status: null, retryAfter: null, durationMs: took() }
  }
}

function outcomeOf(status: number): Tried['outcome'] {
  if (status >= 200 && status < 300) return 'delivered'
  if (status >= 300 && status < 400) return 'redirect'
  return status === 410 ? 'gone' : 'refused'
}
