import {
  Approval,
  Approvals,
  Review,
  ReviewDecision,
  ReviewItem,
  ReviewItems,
  ReviewOpen,
  Reviews,
} from '@custodia/wire/http/access.ts'
import { closed, Id } from '@custodia/wire/http/common.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { endReview } from './close-review.ts'
import { approve, refuseApproval } from './decide-approval.ts'
import { decideReview } from './decide-review.ts'
import { listApprovals, listItems, listReviews } from './list.ts'
import { openReview } from './open-review.ts'
import { paging } from './paging.ts'
import type { Parts } from './parts.ts'
import { showApproval, showItem, showReview } from './show.ts'

const oneApproval = Type.Object({ approvalId: Id('apv') }, closed)
const oneReview = Type.Object({ reviewId: Id('rvw') }, closed)
const undecided = ['ACCESS_APPROVAL_UNKNOWN', 'ACCESS_APPROVAL_OVER'] as const

/** What a second pair of eyes looks at. */
export const reviewRoutes = (parts: Parts): readonly Route[] => [
  defineRoute({
    method: 'GET',
    path: '/v1/approvals',
    summary: 'List what waits for a second administrator, and what became of it.',
    who: { permission: 'access:approvals:read' },
    limit: 'read',
    sensitive: false,
    query: Type.Object({ ...paging, waiting: Type.Optional(Type.Boolean()) }, closed),
    reply: Approvals,
    handle: async ({ principal, query }) => await listApprovals(parts, principal.organisationId, query),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/approvals/:approvalId/approve',
    summary: 'Agree to what another administrator asked for: it is done at once.',
    who: { permission: 'access:approvals:write' },
    limit: 'write',
    sensitive: true,
    params: oneApproval,
    reply: Approval,
    errors: [
      ...undecided,
      ...['ACCESS_APPROVAL_NOT_YOURS', 'ACCESS_PERSON_NEEDED', 'ACCESS_NOT_YOURS_TO_GIVE', 'ACCESS_EXPIRY_TOO_LATE'],
      ...['ACCESS_ROLE_UNKNOWN', 'ACCESS_SUBJECT_UNKNOWN', 'ACCESS_GROUP_UNKNOWN', 'ACCESS_EXPIRY_PAST'],
      ...['ACCESS_ROLE_FIXED', 'ACCESS_LAST_ADMINISTRATOR', 'ACCESS_CYCLE', 'ACCESS_TOO_DEEP', 'ACCESS_TOO_MANY'],
    ],
    handle: async ({ principal, params }) =>
      await showApproval(parts, await approve(parts, principal, params.approvalId)),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/approvals/:approvalId/refuse',
    summary: 'Say no to what another administrator asked for, or take back what you asked for.',
    who: { permission: 'access:approvals:write' },
    limit: 'write',
    sensitive: false,
    params: oneApproval,
    reply: Approval,
    errors: undecided,
    handle: async ({ principal, params }) =>
      await showApproval(parts, await refuseApproval(parts, principal, params.approvalId)),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/reviews',
    summary: 'List the reviews of assignments.',
    who: { permission: 'access:reviews:read' },
    limit: 'read',
    sensitive: false,
    query: Type.Object(paging, closed),
    reply: Reviews,
    handle: async ({ principal, query }) => await listReviews(parts, principal.organisationId, query),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/reviews',
    summary: 'Open a review: reviewers keep or remove each assignment and membership until it is due.',
    who: { permission: 'access:reviews:write' },
    limit: 'expensive',
    sensitive: true,
    body: ReviewOpen,
    reply: Review,
    errors: ['ACCESS_EXPIRY_PAST', 'ACCESS_REVIEW_EMPTY', 'ACCESS_TOO_MANY', 'ACCESS_NOT_YOURS_TO_GIVE'],
    handle: async ({ principal, body }) => new Reply(201, showReview(await openReview(parts, principal, body))),
  }),
  defineRoute({
    method: 'GET',
    path: '/v1/reviews/:reviewId/items',
    summary: 'List what a review is about, and what was decided.',
    who: { permission: 'access:reviews:read' },
    limit: 'read',
    sensitive: false,
    params: oneReview,
    query: Type.Object(paging, closed),
    reply: ReviewItems,
    errors: ['ACCESS_REVIEW_UNKNOWN'],
    handle: async ({ principal, params, query }) =>
      await listItems(parts, principal.organisationId, params.reviewId, query),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/reviews/:reviewId/decisions',
    summary: 'Keep or remove one line of a review.',
    who: { permission: 'access:reviews:write' },
    limit: 'write',
    sensitive: true,
    params: oneReview,
    body: ReviewDecision,
    reply: ReviewItem,
    errors: [
      ...['ACCESS_REVIEW_UNKNOWN', 'ACCESS_REVIEW_OVER', 'ACCESS_REVIEW_ITEM_UNKNOWN', 'ACCESS_REVIEW_OWN'],
      'ACCESS_NOT_YOURS_TO_GIVE',
    ],
    handle: async ({ principal, params, body }) =>
      showItem(await decideReview(parts, principal, params.reviewId, body)),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/reviews/:reviewId/end',
    summary: 'End a review before it is due, and carry out what was decided.',
    who: { permission: 'access:reviews:write' },
    limit: 'expensive',
    sensitive: true,
    params: oneReview,
    reply: Review,
    errors: ['ACCESS_REVIEW_UNKNOWN', 'ACCESS_REVIEW_OVER', 'ACCESS_NOT_YOURS_TO_GIVE'],
    handle: async ({ principal, params }) => showReview(await endReview(parts, principal, params.reviewId)),
  }),
]
