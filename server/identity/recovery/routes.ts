import { Id } from '@custodia/wire/http/common.ts'
import { Progress } from '@custodia/wire/http/factors.ts'
import {
  CompleteRecovery,
  DelegatedRecovery,
  RecoveriesUnderWay,
  RecoveryRequest,
  RecoveryRequested,
  UseLink,
} from '@custodia/wire/http/recovery.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { before } from '../before.ts'
import { refuse } from '../errors.ts'
import { linkSeconds } from '../links/one-time-link.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { progressReply } from '../reply.ts'
import { readMember } from '../store.ts'
import { approveRecovery } from './approve-delegated.ts'
import { askRecovery } from './ask.ts'
import { askDelegated } from './ask-delegated.ts'
import { completeRecovery } from './complete.ts'
import { cancelByLink, withdrawRecovery } from './end-delegated.ts'
import { listDelegated } from './list-delegated.ts'
import { notMe } from './not-me.ts'
import { showDelegated } from './show.ts'
import { readDelegated } from './store.ts'

export function recoveryRoutes(parts: Parts): readonly Route[] {
  return [...ownRoutes(parts), ...delegatedRoutes(parts)]
}

function ownRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/recovery',
      summary: 'Ask for a mail with a recovery link. The reply is the same whether or not there is such an account.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: RecoveryRequest,
      reply: RecoveryRequested,
      errors: ['IDENTITY_TOO_MANY_TRIES'],
      handle: async ({ body, head }) => {
        await askRecovery(parts, body.email, head)
        return new Reply(202, { linkSeconds: linkSeconds('recovery') })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/recovery/complete',
      summary: 'Set a new password by a recovery link; a second factor is still asked for.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: CompleteRecovery,
      reply: Progress,
      errors: ['IDENTITY_LINK_INVALID', 'IDENTITY_PASSWORD_UNFIT', 'IDENTITY_BUSY'],
      handle: async ({ body, head, principal }) =>
        await progressReply(parts, await completeRecovery(parts, body, { head, replaces: before(principal) })),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/recovery/cancel',
      summary: 'Cancel the recovery that administrators asked for, by the link in the mail about it.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: UseLink,
      reply: Type.Null(),
      errors: ['IDENTITY_LINK_INVALID', 'IDENTITY_BUSY'],
      handle: async ({ body }) => {
        await cancelByLink(parts, body.token)
        return null
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/not-me',
      summary: 'Say that what a notice told was not you: signs out everywhere, and begins a recovery by mail.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: UseLink,
      reply: Type.Null(),
      errors: ['IDENTITY_LINK_INVALID', 'IDENTITY_BUSY'],
      handle: async ({ body, head }) => {
        await notMe(parts, body.token, head.address)
        return null
      },
    }),
  ]
}

const path = '/v1/users/:userId/recovery'
const params = Type.Object({ userId: Id('usr') })
const refusals = [
  'IDENTITY_USER_UNKNOWN',
  'IDENTITY_NOT_YOURS_TO_CHANGE',
  'IDENTITY_RECOVERY_BY_ANOTHER',
  'IDENTITY_RECOVERY_BY_PEOPLE',
  'IDENTITY_RECOVERY_NO_MAIL',
  'IDENTITY_BUSY',
] as const

function delegatedRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/recoveries',
      summary: 'List the recoveries by administrators that are under way in your organisation.',
      who: { permission: 'identity:users:read' },
      limit: 'read',
      sensitive: false,
      reply: RecoveriesUnderWay,
      handle: async ({ principal }) => await listDelegated(parts, principal.organisationId),
    }),
    defineRoute({
      method: 'GET',
      path,
      summary: 'See the recovery that is under way for a person.',
      who: { permission: 'identity:users:read' },
      limit: 'read',
      sensitive: false,
      params,
      reply: DelegatedRecovery,
      errors: ['IDENTITY_USER_UNKNOWN', 'IDENTITY_RECOVERY_UNKNOWN'],
      handle: async ({ params, principal }) => {
        const { queries } = parts.context.database
        if ((await readMember(queries, principal.organisationId, params.userId)) === null)
          throw refuse('IDENTITY_USER_UNKNOWN')
        const row = await readDelegated(queries, params.userId, nowOf(parts))
        if (row === null) throw refuse('IDENTITY_RECOVERY_UNKNOWN')
        return showDelegated(row)
      },
    }),
    defineRoute({
      method: 'POST',
      path,
      summary: 'Ask that a person who has lost their factors be let in again. A second administrator must agree.',
      who: { permission: 'identity:users:write' },
      limit: 'write',
      sensitive: true,
      params,
      reply: DelegatedRecovery,
      errors: [...refusals, 'IDENTITY_RECOVERY_UNDER_WAY'],
      handle: async ({ params, principal }) =>
        new Reply(201, showDelegated(await askDelegated(parts, params.userId, principal))),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/approve`,
      summary: 'Agree to a recovery that another administrator asked for; the waiting time begins.',
      who: { permission: 'identity:users:write' },
      limit: 'write',
      sensitive: true,
      params,
      reply: DelegatedRecovery,
      errors: [...refusals, 'IDENTITY_RECOVERY_UNKNOWN'],
      handle: async ({ params, principal }) => showDelegated(await approveRecovery(parts, params.userId, principal)),
    }),
    defineRoute({
      method: 'DELETE',
      path,
      summary: 'Stop the recovery that is under way for a person. One administrator is enough for that.',
      who: { permission: 'identity:users:write' },
      limit: 'write',
      sensitive: false,
      params,
      reply: Type.Null(),
      errors: ['IDENTITY_USER_UNKNOWN', 'IDENTITY_RECOVERY_UNKNOWN', 'IDENTITY_BUSY'],
      handle: async ({ params, principal }) => {
        await withdrawRecovery(parts, params.userId, principal)
        return null
      },
    }),
  ]
}
