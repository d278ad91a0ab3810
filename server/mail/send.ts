import type { Queries } from '../platform/database/database.ts'
import type { MailMessage } from './api.ts'
import { enqueue, withhold } from './enqueue.ts'
import { bodyOf } from './message.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { isMailable } from './sender.ts'
import { countRecent } from './store.ts'

const hourMs = 3_600_000

/** Queues a mail, or puts it into the development mailbox, in the caller's transaction. See `Mail.send`. */
export async function send(parts: Parts, tx: Queries, message: MailMessage): Promise<void> {
  const { context, mode } = parts
  const { organisationId, subjectId, kind } = message
  const mail = { channel: 'mail', organisationId, subjectId, kind } as const
  const body = bodyOf(message)
  if (mode === 'off') return withhold(parts, tx, mail, 'off')
  if (!isMailable(message.to)) return withhold(parts, tx, mail, 'address')
  const recent = await countRecent(tx, message, new Date(nowOf(parts).getTime() - hourMs))
  if (isFull(recent, context.config.maxPerHour)) return withhold(parts, tx, mail, 'limit')
  await enqueue(parts, tx, { ...mail, body, expiresAt: null, kept: mode === 'mailbox' })
}

/** Whoever asks for many codes in somebody's name must not use up what the warning about it needs. */
const isFull = (recent: { all: number; ofKind: number }, maxPerHour: number): boolean =>
  recent.all >= maxPerHour || recent.ofKind >= Math.ceil(maxPerHour * 0.75)
