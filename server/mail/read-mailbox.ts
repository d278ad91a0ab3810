import type { Mailbox } from '@custodia/wire/http/mail.ts'
import { isRefusal } from '../platform/errors.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Principal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { readBody } from './message.ts'
import type { Parts } from './parts.ts'
import { placeOf } from './parts.ts'
import type { ClaimedRow } from './store.ts'
import { readKept } from './store.ts'

const newest = 100

/**
 * The development mailbox of the reader's organisation, newest first. That it was read stands in the ledger before anything is
 * opened: mails may carry what signs somebody else in.
 *
 * @throws Refusal MAIL_MAILBOX_OFF
 */
export async function readMailbox(parts: Parts, principal: Principal): Promise<Mailbox> {
  if (parts.mode !== 'mailbox' && parts.texts !== 'development') throw refuse('MAIL_MAILBOX_OFF')
  const { database, recorder } = parts.context
  const { organisationId } = principal
  const rows = await database.transaction(async (tx) => {
    const kept = await readKept(tx, organisationId, newest)
    const data = { messages: kept.length }
    await recorder.record(tx, event('mailbox.read', { organisationId, actor: actorOf(principal), data }))
    return kept
  })
  const items = await Promise.all(rows.map((row) => opened(parts, row)))
  return { items: items.filter((item) => item !== null) }
}

/** @returns null for somebody who was erased in between. */
async function opened({ keyring }: Parts, row: ClaimedRow): Promise<Mailbox['items'][number] | null> {
  try {
    const body = readBody(await keyring.open(placeOf(row), row.body_sealed))
    const { id, channel, kind, subject_id: subjectId } = row
    return { id, channel, kind, createdAt: row.created_at.toISOString(), subjectId, ...body }
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
