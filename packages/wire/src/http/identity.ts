import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Email, Id, Instant, Line, LinkToken, NextCursor, Password } from './common.ts'
import { Theme } from './theme.ts'

export const User = Type.Object({
  id: Id('usr'),
  organisationId: Id('org'),
  email: Type.String(),
  name: Type.String(),
  state: Type.Union([Type.Literal('invited'), Type.Literal('active'), Type.Literal('disabled')]),
  roles: Type.Array(Type.String()),
  createdAt: Instant,
  lastSignInAt: Type.Union([Instant, Type.Null()]),
})
export type User = Static<typeof User>

/** `GET /v1/me` */
export const Me = Type.Object({
  user: User,
  organisation: Type.Object({ id: Id('org'), name: Type.String() }),
  permissions: Type.Array(Type.String()),
  /** Whether there is a development mailbox to read, for those who may. */
  hasMailbox: Type.Boolean(),
  session: Type.Object({ id: Id('ses'), expiresAt: Instant, factors: Type.Array(Type.String()) }),
})
export type Me = Static<typeof Me>

/** `POST /v1/sign-in`. The reply sets the session cookie. */
export const SignIn = Type.Object(
  {
    email: Email,
    password: Password,
    /** base64 of `{ challenge, solution }`, where IDENTITY_PROOF_OF_WORK asked for it. */
    proofOfWork: Type.Optional(Type.String({ maxLength: 4_096 })),
  },
  closed,
)
export type SignIn = Static<typeof SignIn>
export const SignedIn = Type.Object({ user: User })
export type SignedIn = Static<typeof SignedIn>

/** `POST /v1/links/check`: what a one-time link is good for, without using it up. */
export const LinkCheck = Type.Object({ token: LinkToken }, closed)
export const LinkFacts = Type.Object({
  purpose: Type.Union([
    Type.Literal('setup'),
    Type.Literal('invitation'),
    Type.Literal('recovery'),
    Type.Literal('delegated-recovery'),
    Type.Literal('recovery-cancel'),
    Type.Literal('not-me'),
  ]),
  organisation: Type.Union([Type.String(), Type.Null()]),
  email: Type.Union([Type.String(), Type.Null()]),
  name: Type.Union([Type.String(), Type.Null()]),
  /** How the organisation's pages look. */
  theme: Theme,
  expiresAt: Instant,
})
export type LinkFacts = Static<typeof LinkFacts>

/** `POST /v1/setup`: the first administrator; the token comes from the server's own log. Signs in. */
export const Setup = Type.Object(
  { token: LinkToken, organisation: Line(100), name: Line(100), email: Email, password: Password },
  closed,
)
export type Setup = Static<typeof Setup>

/** `POST /v1/invitations`: needs `identity:users:write`. The link is shown once. */
export const Invite = Type.Object(
  { email: Email, name: Line(100), roles: Type.Array(Line(50), { maxItems: 10 }) },
  closed,
)
export type Invite = Static<typeof Invite>
export const Invited = Type.Object({ user: User, link: Type.String(), expiresAt: Instant })
export type Invited = Static<typeof Invited>

/** `POST /v1/invitations/accept`. Signs in. */
export const AcceptInvitation = Type.Object({ token: LinkToken, name: Line(100), password: Password }, closed)
export type AcceptInvitation = Static<typeof AcceptInvitation>

/** `GET /v1/users?search=&cursor=&limit=`: needs `identity:users:read`. Search matches the whole address. */
export const Users = Type.Object({ items: Type.Array(User), next: NextCursor })
export type Users = Static<typeof Users>

/** `PATCH /v1/users/:userId`: needs `identity:users:write`. */
export const UserChange = Type.Object(
  {
    state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('disabled')])),
    roles: Type.Optional(Type.Array(Line(50), { maxItems: 10 })),
  },
  closed,
)
export type UserChange = Static<typeof UserChange>

/** `PUT /v1/me/password`: ends every other session of this person. */
export const PasswordChange = Type.Object({ current: Password, next: Password }, closed)
export type PasswordChange = Static<typeof PasswordChange>
