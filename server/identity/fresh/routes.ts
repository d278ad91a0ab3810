import { Challenge, ChallengeRequest, Freshness, Proof } from '@custodia/wire/http/factors.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { challengeSession, confirmSession, freshness } from './confirm-session.ts'

export function freshRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/me/fresh',
      summary: 'See when your session was confirmed last, and by what you can confirm it.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: Freshness,
      errors: ['IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, head }) => await freshness(parts, principal, head),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/fresh/challenge',
      summary: 'Begin to confirm your session: options for a passkey, or a code that is sent.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: false,
      body: ChallengeRequest,
      reply: Challenge,
      errors: ['IDENTITY_FACTOR_NOT_ASKED', 'IDENTITY_TOO_MANY_TRIES', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, body, head }) => await challengeSession(parts, principal, body.factor, head),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/me/fresh',
      summary: 'Confirm your session by a fresh proof; its cookie changes.',
      who: 'signed-in',
      limit: 'sign-in',
      sensitive: false,
      body: Proof,
      reply: Type.Null(),
      errors: [
        'IDENTITY_FACTOR_NOT_ASKED',
        'IDENTITY_FACTOR_WRONG',
        'IDENTITY_TOO_MANY_TRIES',
        'IDENTITY_BUSY',
        'IDENTITY_USER_UNKNOWN',
      ],
      handle: async ({ principal, body, head }) =>
        new Reply(204, null, { 'set-cookie': await confirmSession(parts, principal, body, head) }),
    }),
  ]
}
