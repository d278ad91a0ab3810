import type { DelegatedRecovery } from '@custodia/wire/http/recovery.ts'
import type { DelegatedRow } from './store.ts'

export const showDelegated = (row: DelegatedRow): DelegatedRecovery => ({
  id: row.id,
  userId: row.person_id,
  askedBy: row.asked_by,
  askedAt: row.asked_at.toISOString(),
  approvedBy: row.approved_by,
  readyAt: row.ready_at?.toISOString() ?? null,
  sentAt: row.sent_at?.toISOString() ?? null,
  expiresAt: row.expires_at.toISOString(),
})
