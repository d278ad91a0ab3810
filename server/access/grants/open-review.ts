import type { ReviewOpen } from '@custodia/wire/http/access.ts'
import { newId } from '../../platform/random.ts'
import type { Author } from '../author.ts'
import { refuse } from '../errors.ts'
import { event } from '../events.ts'
import type { Change } from './change.ts'
import { changing, requireRights } from './change.ts'
import type { Parts } from './parts.ts'
import type { ReviewRow } from './review-store.ts'
import { countOpenReviews, insertItems, insertReview, readTargets } from './review-store.ts'
import { readRights } from './standing.ts'
import { expiryOf } from './subjects.ts'

const maxOpen = 100
const maxItems = 5_000

/**
 * Opens a campaign: lists every assignment and membership that counts now, or those of one role or one group, for reviewers to keep or remove
 * until it is due. What nobody decided is kept or removed, as it says from the start.
 *
 * @throws Refusal ACCESS_EXPIRY_PAST, ACCESS_REVIEW_EMPTY, ACCESS_TOO_MANY; ACCESS_NOT_YOURS_TO_GIVE where silence would take what whoever opens it
 * can't take.
 */
export async function openReview(parts: Parts, by: Author, body: ReviewOpen): Promise<ReviewRow> {
  return await changing(parts, by, async (change) => {
    const { tx, organisationId, now, actor } = change
    const { name, undecided } = body
    const due = expiryOf(body.dueAt, now) as Date
    if ((await countOpenReviews(tx, organisationId)) >= maxOpen)
      throw refuse('ACCESS_TOO_MANY', { what: 'open reviews', max: maxOpen })
    const row: ReviewRow = {
      ...{ id: newId('rvw', parts.context.random), organisation_id: organisationId, name, undecided },
      ...{ opened_by: change.by?.id ?? 'system', opened_at: now, due_at: due, closed_at: null },
    }
    await insertReview(tx, row)
    const items = await insertItems(tx, row, body, { now, limit: maxItems + 1 })
    if (items === 0) throw refuse('ACCESS_REVIEW_EMPTY')
    if (items > maxItems) throw refuse('ACCESS_TOO_MANY', { what: 'assignments to review', max: maxItems })
    await requireTakeable(change, row)
    const data = { review: row.id, undecided, items, due: due.toISOString() }
    await parts.context.recorder.record(tx, event('review.opened', { organisationId, actor, data, personal: { name } }))
    return row
  })
}

/** Where silence removes, all that is listed is whoever asks's to take. @throws Refusal ACCESS_NOT_YOURS_TO_GIVE */
export async function requireTakeable(change: Change, { id, undecided }: ReviewRow): Promise<void> {
  if (undecided === 'keep') return
  for (const { kind, target } of await readTargets(change.tx, id))
    requireRights(change, await permissionsOf(change, kind, target), change.now)
}

/** What goes with an assignment of this role, or a membership of this group. */
export async function permissionsOf(
  { tx, organisationId, now, table }: Change,
  kind: 'assignment' | 'membership',
  target: string,
): Promise<Iterable<string>> {
  if (kind === 'assignment') return table.roles.get(target)?.permissions ?? []
  return (await readRights(tx, { organisationId, subjectId: target, now, table })).keys()
}
