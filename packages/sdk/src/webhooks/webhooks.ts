import type { SenderName } from '@custodia/edge/webhooks/senders.ts'
import { senders } from '@custodia/edge/webhooks/senders.ts'
import { isSecretOf, verifyWebhook } from '@custodia/edge/webhooks/verify-webhook.ts'
import type { Burn } from '@custodia/wire/http-signatures/verify.ts'
import type { Clock } from '../clock.ts'
import { systemClock } from '../clock.ts'
import { CustodiaError } from '../errors.ts'
import { createNonceMemory } from '../signatures/nonce-memory.ts'

export type { SenderName } from '@custodia/edge/webhooks/senders.ts'
export { signWebhook } from '@custodia/edge/webhooks/standard.ts'
export { CustodiaError, isCustodiaError } from '../errors.ts'

export type WebhookVerifierOptions = {
  /** `standard` for Custodia's own and whoever follows Standard Webhooks; the others sign in ways of their own. */
  readonly sender: SenderName
  /** 1 to 4: those that hold now, while they overlap. */
  readonly secrets: readonly string[]
  /** The address that the sender was given, for those who sign it (Twilio, Square): never put together from the request. */
  readonly url?: string
  /** 10 to 3,600; 300 unless said. */
  readonly toleranceSeconds?: number
  /**
   * Remembers a message: true to the first who asks. In this process alone unless said, and forgotten when it ends: several processes, and
   * senders who sign no time, need a store that lasts.
   */
  readonly burn?: Burn
  readonly clock?: Clock
}

export type VerifiedWebhook = {
  /** The same for the same message. 64 hexadecimal digits. */
  readonly once: string
  /** RFC 3339 in UTC; null where the sender signs no time. */
  readonly sentAt: string | null
}

/** Node's headers, or those of a Request. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>> | Iterable<readonly [string, string]>

export type WebhookVerifier = (request: {
  readonly headers: Headers
  readonly body: Uint8Array
}) => Promise<VerifiedWebhook>

const untimedSeconds = 90 * 86_400

/**
 * Verifies webhooks that an application receives itself.
 *
 * @returns a function of the headers and the raw body, before anything parsed it. It throws CustodiaError WEBHOOK_INVALID (answer 401) for what
 * is not the sender's, and WEBHOOK_REPEATED (answer 200, and do nothing) for what was there before.
 * @throws CustodiaError CONFIGURATION_INVALID where an option is wrong.
 */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  const { sender, secrets, url, toleranceSeconds = 300, clock = systemClock } = options
  const burn = options.burn ?? createNonceMemory(clock)
  check(options)
  return async ({ headers, body }) => {
    const request = { headers: plain(headers), body, ...(url === undefined ? {} : { url }) }
    const verdict = verifyWebhook(sender, request, secrets, { nowMs: clock.nowMs(), toleranceSeconds })
    if (!verdict.ok) throw new CustodiaError('WEBHOOK_INVALID', { reason: verdict.why })
    const rememberSeconds = senders[sender].timestamped ? 2 * toleranceSeconds : untimedSeconds
    const untilSeconds = Math.ceil(clock.nowMs() / 1_000) + rememberSeconds
    // After it holds, never before: a stranger must not burn what the sender has yet to send.
    if (!(await burn({ keyId: sender, nonce: verdict.once, untilSeconds }))) throw new CustodiaError('WEBHOOK_REPEATED')
    const sentAt = verdict.sentAt === null ? null : new Date(verdict.sentAt * 1_000).toISOString()
    return { once: verdict.once, sentAt }
  }
}

function check({ sender, secrets, url, toleranceSeconds = 300 }: WebhookVerifierOptions): void {
  if (!Object.hasOwn(senders, sender)) throw new CustodiaError('CONFIGURATION_INVALID', { field: 'sender' })
  const known = secrets.length > 0 && secrets.length <= 4 && secrets.every((secret) => isSecretOf(sender, secret))
  if (!known) throw new CustodiaError('CONFIGURATION_INVALID', { field: 'secrets' })
  if (senders[sender].urlSigned && (url === undefined || !URL.canParse(url)))
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'url' })
  if (!(toleranceSeconds >= 10 && toleranceSeconds <= 3_600))
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'toleranceSeconds' })
}

const plain = (headers: Headers): Readonly<Record<string, string | readonly string[] | undefined>> =>
  Symbol.iterator in headers ? Object.fromEntries(headers as Iterable<readonly [string, string]>) : headers
