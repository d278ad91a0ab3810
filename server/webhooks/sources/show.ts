import type { SenderName } from '@custodia/edge/webhooks/senders.ts'
import { senders } from '@custodia/edge/webhooks/senders.ts'
import type { Source } from '@custodia/wire/http/webhooks.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { SourceRow } from './store.ts'

/** Where the sender is to send to: some of them sign this very address. */
export const addressOf = ({ context }: Parts, id: string): string => `${context.publicUrl}/v1/webhooks/in/${id}`

/** Nothing in it verifies anything. */
export const showSource = (parts: Parts, row: SourceRow): Source => ({
  id: row.id,
  name: row.name,
  sender: row.sender,
  timestamped: senders[row.sender as SenderName].timestamped,
  url: addressOf(parts, row.id),
  application: row.application,
  path: row.path,
  toleranceSeconds: row.tolerance_seconds,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  overlapUntil:
    row.previous_until !== null && row.previous_until > nowOf(parts) ? row.previous_until.toISOString() : null,
  lastAcceptedAt: row.last_accepted_at?.toISOString() ?? null,
})
