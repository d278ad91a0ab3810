import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import { isRefusal } from '../platform/errors.ts'
import { newId } from '../platform/random.ts'
import { event } from './events.ts'
import type { Parts } from './parts.ts'
import { nowOf, placeOf } from './parts.ts'
import type { Channel } from './store.ts'
import { insertMessage } from './store.ts'

const system = { kind: 'system' } as const

type Whose = { readonly organisationId: string | null; readonly subjectId: string; readonly kind: string }

type Queued = Whose & {
  readonly channel: Channel
  /** As it is sealed. */
  readonly body: string
  readonly expiresAt: Date | null
  /** True where the development mailbox has it, and nobody carries it. */
  readonly kept: boolean
}

/** Seals a message and queues it, or puts it into the development mailbox, in the caller's transaction. */
export async function enqueue(parts: Parts, tx: Queries, message: Queued): Promise<void> {
  const { context, courier, outcomes } = parts
  const { channel, organisationId, subjectId, kind, kept } = message
  const now = nowOf(parts)
  const whose = { id: newId('msg', context.random), organisation_id: organisationId, subject_id: subjectId }
  const sealed = await sealOrNull(parts, whose, message.body)
  if (sealed === null) return withhold(parts, tx, message, 'erased')
  await insertMessage(tx, {
    ...whose,
    channel,
    kind,
    body_sealed: sealed,
    created_at: now,
    expires_at: message.expiresAt,
    next_try_at: kept ? null : now,
    tries: 0,
    sent_at: kept ? now : null,
    failed_at: null,
    failure: null,
  })
  if (kept) {
    const data = { message: whose.id, kind }
    await context.recorder.record(tx, event('message.kept', { organisationId, subjectId, actor: system, data }))
  }
  afterCommit(tx, () => {
    if (kept) outcomes.add(1, { channel, outcome: 'kept' })
    // Not waited for: how long a mail server takes must not show in the answer to whoever asked.
    else courier?.soon(whose.id)
  })
}

/** @returns null for somebody who was erased. */
async function sealOrNull(parts: Parts, whose: Parameters<typeof placeOf>[0], body: string): Promise<Buffer | null> {
  try {
    return await parts.keyring.seal(placeOf(whose), body)
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}

type Why = 'off' | 'address' | 'limit' | 'erased' | 'country'

/** Counts what is not sent, and says so in the ledger, once the caller's transaction has committed. */
export function withhold(
  { context, outcomes }: Parts,
  tx: Queries,
  { channel, organisationId, subjectId, kind }: Whose & { readonly channel: Channel },
  why: Why,
): void {
  afterCommit(tx, () => {
    outcomes.add(1, { channel, outcome: 'withheld' })
    // An installation without mail would fill its ledger with what it does not do.
    if (why === 'off') return
    context.recorder.note(event('message.withheld', { organisationId, subjectId, actor: system, data: { kind, why } }))
  })
}
