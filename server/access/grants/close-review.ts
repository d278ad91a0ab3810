import { isRefusal } from '../../platform/errors.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Job } from '../../platform/jobs/job.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import { readAssignment } from './assignment-store.ts'
import type { Change } from './change.ts'
import { carryingOut, changing } from './change.ts'
import { readMembership } from './group-store.ts'
import { leave } from './join-group.ts'
import { requireTakeable } from './open-review.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import type { ReviewItemRow, ReviewRow } from './review-store.ts'
import { closeReview, countOutcomes, endDueAt, readDue, readReview, readUnsettled, updateItem } from './review-store.ts'
import { unassign } from './take-role.ts'

const batch = 50

/**
 * Ends a campaign before it is due: nobody decides any more, and what was decided is carried out.
 *
 * @throws Refusal ACCESS_REVIEW_UNKNOWN, ACCESS_REVIEW_OVER; ACCESS_NOT_YOURS_TO_GIVE as `openReview`
 */
export async function endReview(parts: Parts, by: Principal, id: string): Promise<ReviewRow> {
  const review = await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    const row = await readReview(tx, organisationId, id)
    if (row === null) throw refuse('ACCESS_REVIEW_UNKNOWN')
    if (row.closed_at !== null || row.due_at <= now) throw refuse('ACCESS_REVIEW_OVER')
    // Who cuts the time of others short takes what they would have kept.
    await requireTakeable(change, row)
    await endDueAt(tx, id, now)
    await parts.context.recorder.record(tx, event('review.ended', { organisationId, actor, data: { review: id } }))
    return { ...row, due_at: now }
  })
  await carryOutReview(parts, review, new AbortController().signal)
  return (await readReview(parts.context.database.queries, review.organisation_id, id)) ?? review
}

/** Closes what is due, wherever it was opened. */
export function closeDueReviews(parts: Parts): Job {
  return {
    name: 'access.close-reviews',
    everySeconds: 60,
    async run(signal) {
      for (const review of await readDue(parts.context.database.queries, nowOf(parts), 100)) {
        if (signal.aborted) return
        await carryOutReview(parts, review, signal)
      }
    },
  }
}

/** In steps that commit by themselves: a large campaign holds nobody up, and whoever is stopped goes on where they were. */
async function carryOutReview(parts: Parts, review: ReviewRow, signal: AbortSignal): Promise<void> {
  const { id, organisation_id: organisationId } = review
  for (let more = true; more && !signal.aborted; )
    more = await carryingOut(parts, organisationId, async (change) => {
      const items = await readUnsettled(change.tx, id, batch)
      for (const item of items)
        await updateItem(change.tx, item, { outcome: await settleItem(parts, change, review, item) })
      if (items.length === batch) return true
      if (!(await closeReview(change.tx, id, change.now))) return false
      const data = { review: id, ...(await countOutcomes(change.tx, id)) }
      const { actor } = change
      await parts.context.recorder.record(change.tx, event('review.closed', { organisationId, actor, data }))
      return false
    })
}

async function settleItem(
  parts: Parts,
  change: Change,
  { id, undecided }: ReviewRow,
  { kind, subject_id: subjectId, target, decision, given_at }: ReviewItemRow,
): Promise<NonNullable<ReviewItemRow['outcome']>> {
  const { tx, organisationId, now } = change
  if ((decision ?? undecided) === 'keep') return 'kept'
  const reason = `Review ${id}`
  // What was given anew since is not what was looked at.
  if (kind === 'membership') {
    const found = await readMembership(tx, organisationId, { groupId: target, memberId: subjectId }, now)
    if (found?.added_at.getTime() !== given_at.getTime()) return 'gone'
    await leave(parts, change, { groupId: target, memberId: subjectId, reason })
    return 'removed'
  }
  const found = await readAssignment(tx, organisationId, { subjectId, role: target }, now)
  if (found?.assigned_at.getTime() !== given_at.getTime()) return 'gone'
  try {
    await unassign(parts, change, { subjectId, role: target, reason })
    return 'removed'
  } catch (error) {
    if (isRefusal(error, 'ACCESS_LAST_ADMINISTRATOR')) return 'last-administrator'
    throw error
  }
}
