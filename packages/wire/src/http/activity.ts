import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Instant, NextCursor } from './common.ts'

const OrNull = <T extends ReturnType<typeof Type.String | typeof Type.Number | typeof Type.Integer>>(type: T) =>
  Type.Union([type, Type.Null()])

/** What one feature of a sign-in says, as docs/guide/risk.md explains. */
export const ActivityPart = Type.Object({
  /** As in `country`, `device`, `hour`. */
  feature: Type.String(),
  /** As in `DE`, `new`, `8-12 UTC`; never an address. */
  value: Type.String(),
  /** -3 (speaks for the person) to 3 (speaks for somebody else): the power of ten, rounded. */
  lean: Type.Integer({ minimum: -3, maximum: 3 }),
  /** How many times as usual it is for others as for this person; null where one looks at one's own. */
  ratio: OrNull(Type.Number()),
})
export type ActivityPart = Static<typeof ActivityPart>

/** How a sign-in compared with the person's earlier ones. */
export const ActivityAssessment = Type.Object({
  /** `allow`, `ask` for a further factor, or `refuse`. */
  verdict: Type.String(),
  /** A power of ten, above 0 unlike the person; null where one looks at one's own. */
  score: OrNull(Type.Number()),
  parts: Type.Array(ActivityPart),
})
export type ActivityAssessment = Static<typeof ActivityAssessment>

export const ActivityItem = Type.Object({
  /** The ledger's own identifier of the entry. */
  id: Type.String(),
  at: Instant,
  /** The ledger's type, as in `identity.user.signed-in`. */
  type: Type.String(),
  summary: Type.String(),
  /** Whoever did it: the person, somebody else of the organisation, a stranger who proved nothing, or the system itself. */
  by: Type.Union([
    Type.Literal('person'),
    Type.Literal('somebody-else'),
    Type.Literal('stranger'),
    Type.Literal('system'),
  ]),
  /** Who somebody else is; null where one looks at one's own. */
  byId: OrNull(Type.String()),
  /** Null where it is not known, the reader may not see it, or the person's key was destroyed. */
  address: OrNull(Type.String()),
  /** As in `Firefox on Linux`. */
  device: OrNull(Type.String()),
  /** Two letters (ISO 3166-1). */
  country: OrNull(Type.String()),
  /** What else is to be told: `session`, `attempt`, `factor`, `factors`, `reason`, `why`, `outcome`, counts and roles. */
  facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Array(Type.String())])),
  /** Of `identity.sign-in.assessed`, which has the `session` or the `attempt` of the sign-in that it belongs to. */
  assessment: Type.Union([ActivityAssessment, Type.Null()]),
})
export type ActivityItem = Static<typeof ActivityItem>

/**
 * `GET /v1/me/activity` and `GET /v1/users/:userId/activity` (needs `identity:users:read`), `?cursor=&limit=`, newest first. A page may
 * be short, or empty, and not be the last: `next` says so.
 */
export const Activity = Type.Object({ items: Type.Array(ActivityItem), next: NextCursor })
export type Activity = Static<typeof Activity>
