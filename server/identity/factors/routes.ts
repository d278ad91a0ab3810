import { Id } from '@custodia/wire/http/common.ts'
import { FactorName, Factors } from '@custodia/wire/http/factors.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute } from '../../platform/http/route.ts'
import type { Parts } from '../parts.ts'
import { removeFactor, renameFactor } from './change-factor.ts'
import { enrolRoutes } from './enrol-routes.ts'
import { listFactors } from './list-factors.ts'

export function factorRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/me/factors',
      summary: 'List what you have enrolled, and what your organisation demands.',
      who: 'signed-in',
      limit: 'read',
      sensitive: false,
      reply: Factors,
      errors: ['IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal }) => await listFactors(parts, principal),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/v1/me/factors/:factorId',
      summary: 'Give one of your factors another name.',
      who: 'signed-in',
      limit: 'write',
      sensitive: false,
      params: Type.Object({ factorId: Id('fac') }),
      body: FactorName,
      reply: Type.Null(),
      errors: ['IDENTITY_FACTOR_UNKNOWN', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, params, body }) => {
        await renameFactor(parts, principal, params.factorId, body.name)
        return null
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/me/factors/:factorId',
      summary: 'Take one of your factors away.',
      who: 'signed-in',
      limit: 'write',
      sensitive: true,
      params: Type.Object({ factorId: Id('fac') }),
      reply: Type.Null(),
      errors: ['IDENTITY_FACTOR_UNKNOWN', 'IDENTITY_FACTOR_NEEDED', 'IDENTITY_USER_UNKNOWN'],
      handle: async ({ principal, params }) => {
        await removeFactor(parts, principal, params.factorId)
        return null
      },
    }),
    ...enrolRoutes(parts),
  ]
}
