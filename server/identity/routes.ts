import { Cursor, Id } from '@custodia/wire/http/common.ts'
import { Progress } from '@custodia/wire/http/factors.ts'
import {
  AcceptInvitation,
  Invite,
  Invited,
  LinkCheck,
  LinkFacts,
  Me,
  PasswordChange,
  Setup,
  SignIn,
  User,
  UserChange,
  Users,
} from '@custodia/wire/http/identity.ts'
import { Type } from 'typebox'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { attemptRoutes } from './attempts/routes.ts'
import { before } from './before.ts'
import { changePassword } from './change-password.ts'
import { changeUser, rolesOf } from './change-user.ts'
import { refuse } from './errors.ts'
import { factorRoutes } from './factors/routes.ts'
import { freshRoutes } from './fresh/routes.ts'
import { acceptInvitation } from './links/accept-invitation.ts'
import { checkLink } from './links/check-link.ts'
import { invite } from './links/invite.ts'
import { setup } from './links/setup.ts'
import { listUsers } from './list-users.ts'
import { me } from './me.ts'
import type { Parts } from './parts.ts'
import { passkeyRoutes } from './passkeys/routes.ts'
import { policyRoutes } from './policy/routes.ts'
import { recoveryRoutes } from './recovery/routes.ts'
import { progressReply } from './reply.ts'
import { showUser } from './show-user.ts'
import { signIn } from './sign-in.ts'
import type { PersonRow } from './store.ts'
import { readMember } from './store.ts'
import { themeRoutes } from './theme/routes.ts'

export function routes(parts: Parts): readonly Route[] {
  const show = async (row: PersonRow) => await showUser(parts, row, await rolesOf(parts, row.organisation_id, row.id))
  return [
    ...attemptRoutes(parts),
    ...freshRoutes(parts),
    ...factorRoutes(parts),
    ...passkeyRoutes(parts),
    ...policyRoutes(parts),
    ...recoveryRoutes(parts),
    ...themeRoutes(parts),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in',
      summary: 'Sign in with address and password.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: SignIn,
      reply: Progress,
      errors: ['IDENTITY_CREDENTIALS_WRONG', 'IDENTITY_PROOF_OF_WORK', 'IDENTITY_TOO_MANY_TRIES', 'IDENTITY_BUSY'],
      handle: async ({ body, head, principal }) =>
        await progressReply(parts, await signIn(parts, body, { head, replaces: before(principal) })),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/links/check',
      summary: 'See what a one-time link is good for, without using it up.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: LinkCheck,
      reply: LinkFacts,
      errors: ['IDENTITY_LINK_INVALID'],
      handle: async ({ body }) => await checkLink(parts, body.token),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/setup',
      summary: 'Make the organisation and its first administrator, by the set-up link.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: Setup,
      reply: Progress,
      errors: ['IDENTITY_LINK_INVALID', 'IDENTITY_EMAIL_INVALID', 'IDENTITY_PASSWORD_UNFIT', 'IDENTITY_BUSY'],
      handle: async ({ body, head, principal }) =>
        await progressReply(parts, await setup(parts, body, { head, replaces: before(principal) })),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/invitations',
      summary: 'Invite a person; the link in the reply is shown this once.',
      who: { permission: 'identity:users:write' },
      limit: 'write',
      sensitive: true,
      body: Invite,
      reply: Invited,
      errors: ['IDENTITY_EMAIL_INVALID', 'IDENTITY_EMAIL_TAKEN'],
      handle: async ({ body, principal }) => {
        const { person, link, expiresAt } = await invite(parts, body, principal)
        return new Reply(201, { user: await show(person), link, expiresAt: expiresAt.toISOString() })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/invitations/accept',
      summary: 'Accept an invitation with a password of your own.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: AcceptInvitation,
      reply: Progress,
      errors: ['IDENTITY_LINK_INVALID', 'IDENTITY_PASSWORD_UNFIT', 'IDENTITY_BUSY'],
      handle: async ({ body, head, principal }) =>
        await progressReply(parts, await acceptInvitation(parts, body, { head, replaces: before(principal) })),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/me',
      summary: 'Get who you are, what you may do, and until when.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: Me,
      handle: async ({ principal }) => await me(parts, principal),
    }),
    defineRoute({
      method: 'PUT',
      path: '/v1/me/password',
      summary: 'Change your password, and end your other sessions.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: false,
      body: PasswordChange,
      reply: Type.Null(),
      errors: ['IDENTITY_CREDENTIALS_WRONG', 'IDENTITY_TOO_MANY_TRIES', 'IDENTITY_PASSWORD_UNFIT', 'IDENTITY_BUSY'],
      handle: async ({ body, principal, head }) => {
        await changePassword(parts, body, principal, head)
        return null
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/users',
      summary: 'List the people of your organisation, or find one by mail address.',
      who: { permission: 'identity:users:read' },
      limit: 'read',
      sensitive: false,
      query: Type.Object({
        search: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
        cursor: Type.Optional(Cursor),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
      }),
      reply: Users,
      handle: async ({ principal, query }) => await listUsers(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/users/:userId',
      summary: 'Get one person of your organisation.',
      who: { permission: 'identity:users:read' },
      limit: 'read',
      sensitive: false,
      params: Type.Object({ userId: Id('usr') }),
      reply: User,
      errors: ['IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, params }) => {
        const row = await readMember(parts.context.database.queries, principal.organisationId, params.userId)
        if (row === null) throw refuse('IDENTITY_USER_UNKNOWN')
        return await show(row)
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/users/:userId',
      summary: 'Disable or enable a person, or change their roles.',
      who: { permission: 'identity:users:write' },
      limit: 'write',
      sensitive: true,
      params: Type.Object({ userId: Id('usr') }),
      body: UserChange,
      reply: User,
      errors: ['IDENTITY_USER_UNKNOWN', 'IDENTITY_NOT_YOURS_TO_CHANGE', 'IDENTITY_LAST_ADMINISTRATOR', 'IDENTITY_BUSY'],
      handle: async ({ principal, params, body }) =>
        await show(await changeUser(parts, params.userId, body, principal)),
    }),
  ]
}
