import { challengeScriptHeaders, challengeScripts } from '@custodia/edge/challenge/page.ts'
import { closed, Id } from '@custodia/wire/http/common.ts'
import {
  LimitEntries,
  LimitEntry,
  LimitedNow,
  LimitPolicies,
  LimitPolicy,
  NewLimitEntry,
  PolicyName,
  ScopeQuery,
  SetLimitPolicy,
} from '@custodia/wire/http/limits.ts'
import { Type } from 'typebox'
import type { Route } from '../platform/http/route.ts'
import { defineRoute, Reply } from '../platform/http/route.ts'
import { addEntry, removeEntry } from './entries.ts'
import type { Parts } from './parts.ts'
import { removePolicy, setPolicy } from './set-policy.ts'
import { showEntries, showLimited, showPolicies } from './show.ts'

const reading = { who: { permission: 'limits:read' }, limit: 'read', sensitive: false } as const
const writing = { who: { permission: 'limits:write' }, limit: 'write', sensitive: true } as const
const Named = Type.Object({ name: PolicyName }, closed)
const One = Type.Object({ entryId: Id('lim') }, closed)

export function routes(parts: Parts): readonly Route[] {
  return [
    ...scripts,
    defineRoute({
      ...reading,
      method: 'GET',
      path: '/v1/limits/policies',
      summary: 'List how often what may be done by callers of your organisation.',
      reply: LimitPolicies,
      handle: async ({ principal }) => showPolicies(parts, principal),
    }),
    defineRoute({
      ...writing,
      method: 'PUT',
      path: '/v1/limits/policies/:name',
      summary: 'Say how often something may be done, or try it by a dry run.',
      params: Named,
      body: SetLimitPolicy,
      reply: LimitPolicy,
      errors: ['LIMITS_POLICY_INVALID', 'LIMITS_LOCKS_YOU_OUT', 'LIMITS_TOO_MANY'],
      handle: async ({ principal, params, body }) => await setPolicy(parts, principal, params.name, body),
    }),
    defineRoute({
      ...writing,
      method: 'DELETE',
      path: '/v1/limits/policies/:name',
      summary: 'Take a limit away; what is built in under its name holds again.',
      params: Named,
      query: ScopeQuery,
      reply: Type.Null(),
      errors: ['LIMITS_POLICY_UNKNOWN'],
      async handle({ principal, params, query }) {
        await removePolicy(parts, principal, params.name, query.scope)
        return null
      },
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: '/v1/limits/entries',
      summary: 'List who is let in without a limit, or not at all.',
      reply: LimitEntries,
      handle: async ({ principal }) => await showEntries(parts, principal),
    }),
    defineRoute({
      ...writing,
      method: 'POST',
      path: '/v1/limits/entries',
      summary: 'Let a network or an account in without a limit, or not at all, for a while.',
      body: NewLimitEntry,
      reply: LimitEntry,
      errors: ['LIMITS_NETWORK_INVALID', 'LIMITS_LOCKS_YOU_OUT', 'LIMITS_TOO_MANY'],
      handle: async ({ principal, head, body }) => new Reply(201, await addEntry(parts, principal, head, body)),
    }),
    defineRoute({
      ...writing,
      method: 'DELETE',
      path: '/v1/limits/entries/:entryId',
      summary: 'End an entry before its time.',
      params: One,
      query: ScopeQuery,
      reply: Type.Null(),
      errors: ['LIMITS_ENTRY_UNKNOWN'],
      async handle({ principal, params, query }) {
        await removeEntry(parts, principal, params.entryId, query.scope)
        return null
      },
    }),
    defineRoute({
      ...reading,
      method: 'GET',
      path: '/v1/limits/limited',
      summary: 'List who had no room within the last hour, and under which policy.',
      reply: LimitedNow,
      handle: async ({ principal }) => await showLimited(parts, principal),
    }),
  ]
}

/** What the page runs that asks a browser for work. */
const scripts: readonly Route[] = [...challengeScripts].map(([path, script]) =>
  defineRoute({
    method: 'GET',
    path,
    summary: 'Get a script of the page that asks for work.',
    who: 'anyone',
    limit: 'read',
    sensitive: false,
    reply: Type.String(),
    replyType: challengeScriptHeaders['content-type'],
    handle: async () => new Reply(200, script, challengeScriptHeaders),
  }),
)
