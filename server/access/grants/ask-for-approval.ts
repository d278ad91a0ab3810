import { newId } from '../../platform/random.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { ApprovalRow } from './approval-store.ts'
import { countWaiting, insertApproval } from './approval-store.ts'
import type { Change } from './change.ts'
import type { Parts } from './parts.ts'
import { sealReason } from './parts.ts'

const maxWaiting = 1_000
const validMs = 7 * 24 * 3_600_000

/**
 * Keeps what somebody wants to do until a second administrator agrees. That they may do it was checked; it is checked again then.
 *
 * @throws Refusal ACCESS_PERSON_NEEDED where a machine asks; ACCESS_TOO_MANY
 */
export async function askForApproval(
  parts: Parts,
  { tx, organisationId, now, actor, by }: Change,
  what: Pick<ApprovalRow, 'kind' | 'target' | 'until'> & { readonly subjectId: string | null; readonly reason: string },
): Promise<ApprovalRow> {
  // Four eyes are two people's: of a key nobody knows who holds it.
  if (by?.kind !== 'user') throw refuse('ACCESS_PERSON_NEEDED')
  if ((await countWaiting(tx, organisationId, now)) >= maxWaiting)
    throw refuse('ACCESS_TOO_MANY', { what: 'approvals', max: maxWaiting })
  const { kind, subjectId, target, until, reason } = what
  const id = newId('apv', parts.context.random)
  const row: ApprovalRow = {
    ...{ id, organisation_id: organisationId, kind, subject_id: subjectId, target, until },
    reason_sealed: await sealReason(parts, organisationId, id, reason),
    ...{ asked_by: by.id, asked_at: now, expires_at: new Date(now.getTime() + validMs) },
    ...{ decided_at: null, decided_by: null, outcome: null },
  }
  await insertApproval(tx, row)
  const data = { approval: id, kind, subject: subjectId, target, until: until?.toISOString() ?? null }
  await parts.context.recorder.record(
    tx,
    event('approval.asked', { organisationId, actor, subjectId: null, data, personal: { reason } }),
  )
  return row
}
