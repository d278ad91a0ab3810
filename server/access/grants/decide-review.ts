import type { ReviewDecision } from '@custodia/wire/http/access.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { changing, requireRights } from './change.ts'
import { permissionsOf } from './open-review.ts'
import type { Parts } from './parts.ts'
import type { ReviewItemRow } from './review-store.ts'
import { readItem, readReview, updateItem } from './review-store.ts'
import { readHad } from './standing-store.ts'

/**
 * Keeps or removes one line of a campaign. The last word before it is due counts; it is carried out when the campaign is closed.
 *
 * @throws Refusal ACCESS_REVIEW_UNKNOWN, ACCESS_REVIEW_OVER, ACCESS_REVIEW_ITEM_UNKNOWN; ACCESS_REVIEW_OWN where it is one's own;
 * ACCESS_NOT_YOURS_TO_GIVE where whoever removes could not take it away.
 */
export async function decideReview(
  parts: Parts,
  by: Principal,
  id: string,
  { kind, subject, target, decision }: ReviewDecision,
): Promise<ReviewItemRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    const review = await readReview(tx, organisationId, id)
    if (review === null) throw refuse('ACCESS_REVIEW_UNKNOWN')
    if (review.closed_at !== null || review.due_at <= now) throw refuse('ACCESS_REVIEW_OVER')
    const key = { kind, subject_id: subject, target }
    const item = await readItem(tx, id, key)
    if (item === null) throw refuse('ACCESS_REVIEW_ITEM_UNKNOWN')
    const had = await readHad(tx, organisationId, by.id, { now })
    if (subject === by.id || had.some((one) => one.kind === 'group' && one.name === subject))
      throw refuse('ACCESS_REVIEW_OWN')
    // A removal that another decided is not undone by who could not give the right anew.
    if (decision === 'remove' || item.decision === 'remove')
      requireRights(change, await permissionsOf(change, kind, target), now)
    const decided = { decision, decided_by: by.id, decided_at: now }
    await updateItem(tx, { review_id: id, ...key }, decided)
    const data = { review: id, kind, subject, target, decision }
    await parts.context.recorder.record(tx, event('review.decided', { organisationId, actor, data }))
    return { ...item, ...decided }
  })
}
