import { Attempt, Challenge, ChallengeRequest, Progress, Proof } from '@custodia/wire/http/factors.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { before } from '../before.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { progressReply } from '../reply.ts'
import { clearAttemptCookie } from './attempt-cookie.ts'
import { showAttempt } from './begin-attempt.ts'
import { challengeFactor, proveFactor } from './prove-factor.ts'
import { requireAttempt } from './require-attempt.ts'
import { endAttempt } from './store.ts'

export function attemptRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/sign-in',
      summary: 'See what the sign-in under way still needs.',
      who: 'anyone',
      limit: 'read',
      sensitive: false,
      reply: Attempt,
      errors: ['IDENTITY_ATTEMPT_OVER'],
      handle: async ({ head }) => {
        const { attempt, decision } = await requireAttempt(parts, head)
        return showAttempt(attempt, attempt.proven, decision)
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/sign-in',
      summary: 'Give the sign-in under way up.',
      who: 'anyone',
      limit: 'write',
      sensitive: false,
      reply: Type.Null(),
      errors: ['IDENTITY_ATTEMPT_OVER'],
      handle: async ({ head }) => {
        const { attempt } = await requireAttempt(parts, head)
        await endAttempt(parts.context.database.queries, attempt.id, nowOf(parts))
        return new Reply(204, null, { 'set-cookie': clearAttemptCookie })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/challenge',
      summary: 'Begin one of the ways on: options for a passkey, or a code that is sent.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: ChallengeRequest,
      reply: Challenge,
      errors: ['IDENTITY_ATTEMPT_OVER', 'IDENTITY_FACTOR_NOT_ASKED', 'IDENTITY_TOO_MANY_TRIES'],
      handle: async ({ body, head }) => await challengeFactor(parts, body.factor, head),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sign-in/factor',
      summary: 'Prove one more factor of the sign-in under way.',
      who: 'anyone',
      limit: 'sign-in',
      sensitive: false,
      body: Proof,
      reply: Progress,
      errors: [
        'IDENTITY_ATTEMPT_OVER',
        'IDENTITY_FACTOR_NOT_ASKED',
        'IDENTITY_FACTOR_WRONG',
        'IDENTITY_TOO_MANY_TRIES',
        'IDENTITY_BUSY',
      ],
      handle: async ({ body, head, principal }) =>
        await progressReply(parts, await proveFactor(parts, body, { head, replaces: before(principal) })),
    }),
  ]
}
