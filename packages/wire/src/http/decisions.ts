import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Instant, NextCursor } from './common.ts'

/** One decision of the log. */
export const LoggedDecision = Type.Object({
  id: Type.String(),
  at: Instant,
  /** `user`, `application` or `service`, and its id. */
  principal: Type.Object({ kind: Type.String(), id: Type.String() }),
  /** The permission. */
  action: Type.String(),
  /** Null where it was about the organisation as a whole. */
  resource: Type.Union([Type.Object({ type: Type.String(), id: Type.String() }), Type.Null()]),
  decision: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
  /** `permitted`, `no-grant`, `forbidden` or `condition`. */
  reason: Type.String(),
  /** Those that decided, built-in ones as `role/NAME` and own ones as `policy/ID`. */
  policies: Type.Array(Type.String()),
  /** Those that could not be evaluated. */
  errors: Type.Array(Type.String()),
  /** 0 where no version of the organisation's policies was live. */
  policyVersion: Type.Integer(),
  revision: Type.Integer(),
  /** 0 where the answer was remembered. */
  latencyMicroseconds: Type.Integer(),
  /** /24 of IPv4, /48 of IPv6; null where nobody knew. */
  network: Type.Union([Type.String(), Type.Null()]),
})
export type LoggedDecision = Static<typeof LoggedDecision>

/**
 * `GET /v1/decisions?since=&until=&principal=&action=&decision=&cursor=&limit=` newest first: needs `access:decisions:read`. Every refusal is
 * there, and a sample of what was allowed, for as long as the configuration says.
 */
export const LoggedDecisions = Type.Object({ items: Type.Array(LoggedDecision), next: NextCursor })
export type LoggedDecisions = Static<typeof LoggedDecisions>
