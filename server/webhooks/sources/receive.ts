import type { Verdict } from '@custodia/edge/webhooks/request.ts'
import { senders } from '@custodia/edge/webhooks/senders.ts'
import { verifyWebhook } from '@custodia/edge/webhooks/verify-webhook.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { RawBody } from '../../platform/http/raw-body.ts'
import { RecentMap } from '../../platform/recent-map.ts'
import type { Forwarder } from '../api.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf, secretsOf } from '../parts.ts'
import { addressOf } from './show.ts'
import type { SourceRow } from './store.ts'
import { claimOnce, findSource, finishOnce, releaseOnce } from './store.ts'

/** How long the application has. Senders give up after ten seconds or so. */
const forwardMs = 20_000
const claimMs = 3 * forwardMs
const dayMs = 86_400_000
/** A sender that signs a time sends the same message again for three days; one that signs none could be repeated by anybody for ever. */
const remembered = { timestamped: 4 * dayMs, untimed: 90 * dayMs } as const

export type Arrival = { readonly head: RequestHead; readonly rawBody: RawBody; readonly signal: AbortSignal }

/**
 * Takes what came for a source: verifies its bytes, counts it once, and passes it on. What was passed on before is answered like the first
 * time, and goes no further.
 *
 * @throws Refusal WEBHOOKS_SOURCE_UNKNOWN, WEBHOOKS_REFUSED, WEBHOOKS_BUSY; WEBHOOKS_NOT_PASSED_ON where the application did not take it: it
 * may come again.
 */
export async function receive(parts: Parts, noted: Noted, id: string, arrival: Arrival): Promise<'taken' | 'repeated'> {
  const { queries } = parts.context.database
  const row = await findSource(queries, id)
  if (row === null || parts.forwarder === null) throw refuse('WEBHOOKS_SOURCE_UNKNOWN')
  const body = Buffer.concat(await Array.fromAsync(arrival.rawBody))
  const verdict = await verify(parts, row, arrival.head, body)
  if (!verdict.ok) {
    noted.refused(parts, row, verdict.why)
    throw refuse('WEBHOOKS_REFUSED')
  }
  const once = Buffer.from(verdict.once, 'hex')
  const now = nowOf(parts)
  const expiresAt = new Date(now.getTime() + remembered[senders[row.sender].timestamped ? 'timestamped' : 'untimed'])
  const until = new Date(now.getTime() + claimMs)
  const claim = await claimOnce(queries, { sourceId: id, once, until, expiresAt }, now)
  if (claim === 'done') return 'repeated'
  if (claim === 'busy') throw refuse('WEBHOOKS_BUSY')
  try {
    await passOn(parts.forwarder, row, arrival, body)
  } catch (error) {
    await releaseOnce(queries, id, once)
    throw error
  }
  await parts.context.database.transaction(async (tx) => {
    await finishOnce(tx, id, once, nowOf(parts))
    const { organisation_id: organisationId, application } = row
    const data = { source: id, application, bytes: body.length }
    await parts.context.recorder.record(
      tx,
      event('message.received', { organisationId, actor: { kind: 'anonymous' }, data }),
    )
  })
  return 'taken'
}

async function verify(parts: Parts, row: SourceRow, head: RequestHead, body: Buffer): Promise<Verdict> {
  const query = head.url.indexOf('?')
  // Not from the Host header: the address is what the sender was given.
  const url = addressOf(parts, row.id) + (query === -1 ? '' : head.url.slice(query))
  const request = { headers: withoutRepeated(head), body, url }
  const options = { nowMs: parts.context.clock.nowMs(), toleranceSeconds: row.tolerance_seconds }
  return verifyWebhook(row.sender, request, await secretsOf(parts, 'source', row), options)
}

/** Node joins what came twice; which of two signatures counts is not for it to say. */
function withoutRepeated({ headers, rawHeaders = [] }: RequestHead): Record<string, string> {
  const counts = new Map<string, number>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && (counts.get(name) ?? 1) === 1 ? [[name, value] as const] : [],
    ),
  )
}

async function passOn({ forward }: Forwarder, row: SourceRow, { head, signal }: Arrival, body: Buffer): Promise<void> {
  const { id: sourceId, organisation_id: organisationId, name, application, path } = row
  const webhook = { sourceId, organisationId, name, application, path, headers: withoutRepeated(head), body }
  const stop = AbortSignal.any([signal, AbortSignal.timeout(forwardMs)])
  const status = await forward({ ...webhook, address: head.address }, stop).catch(() => 0)
  if (status < 200 || status >= 300) throw refuse('WEBHOOKS_NOT_PASSED_ON')
}

const mostNoted = 10_000
const noteEveryMs = 60_000

/** Refusals in the ledger: one a minute for each source and reason, however many a stranger sends. */
export class Noted {
  readonly #until = new RecentMap<number>(mostNoted)

  refused({ context }: Parts, { id: source, organisation_id: organisationId }: SourceRow, why: string): void {
    const now = context.clock.nowMs()
    const key = `${source} ${why}`
    if ((this.#until.get(key) ?? 0) > now) return
    this.#until.set(key, now + noteEveryMs)
    context.recorder.note(
      event('message.refused', { organisationId, actor: { kind: 'anonymous' }, data: { source, why } }),
    )
  }
}
