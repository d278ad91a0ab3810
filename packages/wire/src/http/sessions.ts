import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Id, Instant } from './common.ts'

/** How much the factors of a session prove together. */
export const Assurance = Type.Union([
  Type.Literal('one-factor'),
  Type.Literal('two-factors'),
  Type.Literal('phishing-resistant'),
])
export type Assurance = Static<typeof Assurance>

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
  /** All that were proven in it, the later ones too. */
  factors: Type.Array(Type.String()),
  assurance: Type.Optional(Assurance),
  place: Type.Optional(
    Type.Object({
      /** Of the address, as in `192.0.2.0/24` or `2001:db8:7::/48`. */
      network: Type.String(),
      /** Two letters (ISO 3166-1). Null where no database of places is configured. */
      country: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  /** What changed last of the browser's look; null where nothing did since it began. */
  drift: Type.Optional(
    Type.Union([
      Type.Object({
        at: Instant,
        changed: Type.Array(Type.Union([Type.Literal('network'), Type.Literal('version'), Type.Literal('browser')])),
      }),
      Type.Null(),
    ]),
  ),
  /** Not null where it serves nobody until its person proves a factor again. */
  held: Type.Optional(
    Type.Union([
      Type.Object({ at: Instant, why: Type.Union([Type.Literal('other-browser'), Type.Literal('replaced-cookie')]) }),
      Type.Null(),
    ]),
  ),
  /** True where its cookie is bound to a key of the device (DBSC). */
  bound: Type.Optional(Type.Boolean()),
  /** Host names of the applications that this session reached through the gateway. */
  applications: Type.Array(Type.String()),
})
export type Session = Static<typeof Session>

/** `GET /v1/sessions` (mine) and `GET /v1/users/:userId/sessions` (needs `sessions:read`). At most 200. */
export const Sessions = Type.Object({ items: Type.Array(Session) })
export type Sessions = Static<typeof Sessions>

/** `DELETE /v1/sessions/:sessionId` ends one: one's own, or with `sessions:write` anybody's of the organisation. 204. */
/**
 * `POST /v1/sessions/end-others` ends all of mine but this one; `DELETE /v1/sessions` this one, too;
 * `DELETE /v1/users/:userId/sessions` all of somebody's (needs `sessions:write`).
 */
export const Ended = Type.Object({ ended: Type.Integer() })
export type Ended = Static<typeof Ended>

/** JSON session instructions of Device Bound Session Credentials, for the browser itself. `continue: false` ends the binding. */
export const Instructions = Type.Union([
  Type.Object({
    session_identifier: Type.String(),
    refresh_url: Type.String(),
    scope: Type.Object({ origin: Type.String(), include_site: Type.Boolean() }),
    credentials: Type.Array(
      Type.Object({ type: Type.Literal('cookie'), name: Type.String(), attributes: Type.String() }),
    ),
  }),
  Type.Object({ continue: Type.Literal(false) }),
])
export type Instructions = Static<typeof Instructions>
