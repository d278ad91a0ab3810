import { createHash } from 'node:crypto'
import { outboundGet } from '@custodia/edge/outbound/get.ts'
import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { Queue } from '../queue.ts'

/** True where the service knows the password. @throws OutboundError where it does not answer as it should. */
export type RangeService = (password: string) => Promise<boolean>

const timeoutMs = 2_000
const maxBytes = 1_048_576
/** More than a handful at once are not worth waiting for: the embedded list decides. */
const atOnce = 8

/** @returns null where none is configured. */
export function rangeServiceOf(config: {
  readonly breachRangeUrl: string | null
  readonly breachRangePrivate: boolean
}): RangeService | null {
  const { breachRangeUrl: url, breachRangePrivate: allowPrivate } = config
  return url === null ? null : rangeService(url, { allowPrivate })
}

/**
 * A service that speaks the range protocol of Have I Been Pwned: it gets the first 5 of 40 digits of the password's SHA-1 and answers
 * with all that begin so, filled up to a length that tells nothing (`Add-Padding`). SHA-1 is the protocol's; nothing is protected by it.
 *
 * @param url https, without the digits, as in `https://api.pwnedpasswords.com/range`.
 */
function rangeService(url: string, { allowPrivate }: { readonly allowPrivate: boolean }): RangeService {
  const base = new URL(url.replace(/\/*$/, '/'))
  const queue = new Queue({ atOnce, maxWaiting: 0 })
  return async (password) => {
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase()
    const request = {
      headers: { 'add-padding': 'true', 'user-agent': 'custodia', accept: 'text/plain' },
      timeoutMs,
      maxBytes,
      allowPrivate,
    }
    const { status, body } = await queue.run(
      () => outboundGet(new URL(digest.slice(0, 5), base), request),
      () => new OutboundError('timeout', base.hostname),
    )
    if (status !== 200) throw new OutboundError('reply', base.hostname)
    const lines = body.toString('latin1').split(/\r?\n/).filter(Boolean)
    if (lines.length === 0 || !lines.every((line) => /^[0-9A-F]{35}:\d{1,12}$/i.test(line)))
      throw new OutboundError('reply', base.hostname)
    const rest = `${digest.slice(5)}:`
    const line = lines.find((one) => one.toUpperCase().startsWith(rest))
    // What was filled in has a count of 0.
    return line !== undefined && Number(line.slice(rest.length)) > 0
  }
}
