import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Id, Instant } from './common.ts'

export const Session = Type.Object({
  id: Id('ses'),
  /** True for the session that asks. */
  current: Type.Boolean(),
  createdAt: Instant,
  lastUsedAt: Instant,
  /** The sooner of idle and absolute expiry. */
  expiresAt: Instant,
  address: Type.String(),
  /** As in `Firefox on Linux`. */
  device: Type.String(),
  factors: Type.Array(Type.String()),
  /** Host names of the applications that this session reached through the gateway. */
  applications: Type.Array(Type.String()),
})
export type Session = Static<typeof Session>

/** `GET /v1/sessions` (mine) and `GET /v1/users/:userId/sessions` (needs `sessions:read`). At most 200. */
export const Sessions = Type.Object({ items: Type.Array(Session) })
export type Sessions = Static<typeof Sessions>

/** `DELETE /v1/sessions/:sessionId` ends one: one's own, or with `sessions:write` anybody's of the organisation. 204. */
/** `POST /v1/sessions/end-others` ends all of mine but this one. */
export const Ended = Type.Object({ ended: Type.Integer() })
export type Ended = Static<typeof Ended>
