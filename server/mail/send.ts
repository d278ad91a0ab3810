import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import { isRefusal } from '../platform/errors.ts'
import { newId } from '../platform/random.ts'
import type { MailMessage } from './api.ts'
import { event } from './events.ts'
import { bodyOf } from './message.ts'
import type { Parts } from './parts.ts'
import { nowOf, placeOf } from './parts.ts'
import { isMailable } from './sender.ts'
import { countRecent, insertMessage } from './store.ts'

const hourMs = 3_600_000
const system = { kind: 'system' } as const

type Why = 'off' | 'address' | 'limit' | 'erased'

/** Queues a message, or puts it into the development mailbox, in the caller's transaction. See `Mail.send`. */
export async function send(parts: Parts, tx: Queries, message: MailMessage): Promise<void> {
  const { context, courier, mode, outcomes } = parts
  const { organisationId, subjectId, kind } = message
  const body = bodyOf(message)
  const now = nowOf(parts)
  if (mode === 'off') return withhold(parts, tx, message, 'off')
  if (!isMailable(message.to)) return withhold(parts, tx, message, 'address')
  const recent = await countRecent(tx, message, new Date(now.getTime() - hourMs))
  if (isFull(recent, context.config.maxPerHour)) return withhold(parts, tx, message, 'limit')

  const whose = { id: newId('msg', context.random), organisation_id: organisationId, subject_id: subjectId }
  const sealed = await sealOrNull(parts, whose, body)
  if (sealed === null) return withhold(parts, tx, message, 'erased')
  const kept = mode === 'mailbox'
  await insertMessage(tx, {
    ...whose,
    kind,
    body_sealed: sealed,
    created_at: now,
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
    if (kept) outcomes.add(1, { outcome: 'kept' })
    // Not waited for: how long a mail server takes must not show in the answer to whoever asked.
    else courier?.soon(whose.id)
  })
}

/** Whoever asks for many codes in somebody's name must not use up what the warning about it needs. */
const isFull = (recent: { all: number; ofKind: number }, maxPerHour: number): boolean =>
  recent.all >= maxPerHour || recent.ofKind >= Math.ceil(maxPerHour * 0.75)

/** @returns null for somebody who was erased. */
async function sealOrNull(parts: Parts, whose: Parameters<typeof placeOf>[0], body: string): Promise<Buffer | null> {
  try {
    return await parts.keyring.seal(placeOf(whose), body)
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}

function withhold({ context, outcomes }: Parts, tx: Queries, message: MailMessage, why: Why): void {
  const { organisationId, subjectId, kind } = message
  afterCommit(tx, () => {
    outcomes.add(1, { outcome: 'withheld' })
    // An installation without mail would fill its ledger with what it does not do.
    if (why === 'off') return
    context.recorder.note(event('message.withheld', { organisationId, subjectId, actor: system, data: { kind, why } }))
  })
}
