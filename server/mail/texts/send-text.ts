import type { Queries } from '../../platform/database/database.ts'
import type { TextMessage } from '../api.ts'
import { enqueue, withhold } from '../enqueue.ts'
import { textBodyOf } from '../message.ts'
import type { Parts } from '../parts.ts'
import { spendText } from './limit.ts'
import { allows } from './prefixes.ts'

/** Queues a text message, or puts it into the development mailbox, in the caller's transaction. See `Mail.sendText`. */
export async function sendText(parts: Parts, tx: Queries, message: TextMessage): Promise<void> {
  const { organisationId, subjectId, kind, to, expiresAt } = message
  const text = { channel: 'text', organisationId, subjectId, kind } as const
  const body = textBodyOf(message)
  if (parts.texts === 'off') return withhold(parts, tx, text, 'off')
  if (!allows(parts.context.config.textPrefixes, to)) return withhold(parts, tx, text, 'country')
  if (!(await spendText(parts, message))) return withhold(parts, tx, text, 'limit')
  await enqueue(parts, tx, { ...text, body, expiresAt, kept: parts.texts === 'development' })
}
