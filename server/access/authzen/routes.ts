import {
  ActionSearch,
  AuthzenConfiguration,
  Decided,
  DecidedAll,
  Evaluation,
  Evaluations,
  FoundActions,
  FoundResources,
  FoundSubjects,
  ResourceSearch,
  SubjectSearch,
} from '@custodia/wire/http/authzen.ts'
import { Explain, Explained } from '@custodia/wire/http/relations.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'
import type { Parts } from './parts.ts'
import { searchActions, searchResources, searchSubjects } from './search.ts'

export const authzenPermissions = {
  'access:check': { summary: 'Ask who may do what; an application, about what is its own.' },
} as const

/** A hundred evaluations with attributes; more of these is for several calls. */
const batchLimitBytes = 262_144
const asking = { who: { permission: 'access:check' }, limit: 'read', sensitive: false } as const
const listing = { ...asking, limit: 'expensive' } as const
const errors = ['ACCESS_NOT_YOUR_APPLICATION', 'ACCESS_DECISION_TOKEN_INVALID']
const listErrors = [...errors, 'ACCESS_CURSOR_INVALID', 'ACCESS_RELATIONS_TOO_DEEP', 'ACCESS_RELATIONS_TOO_WIDE']

/** OpenID AuthZEN Authorization API 1.0 (January 2026). */
export function authzenRoutes(parts: Parts): readonly Route[] {
  return [...evaluationRoutes(parts), ...searchRoutes(parts), explainRoute(parts), configurationRoute(parts)]
}

function evaluationRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/access/v1/evaluation',
      summary: 'Ask whether somebody may do something (AuthZEN 1.0 §6).',
      ...asking,
      body: Evaluation,
      reply: Decided,
      errors,
      handle: async ({ principal, body, head }) => echoing(head, await evaluate(parts, principal, body)),
    }),
    defineRoute({
      method: 'POST',
      path: '/access/v1/evaluations',
      summary: 'Ask up to 100 such questions at once (AuthZEN 1.0 §7).',
      ...asking,
      body: Evaluations,
      bodyLimitBytes: batchLimitBytes,
      reply: DecidedAll,
      errors,
      handle: async ({ principal, body, head }) => echoing(head, await evaluateAll(parts, principal, body)),
    }),
  ]
}

function searchRoutes(parts: Parts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/access/v1/search/subject',
      summary: 'List who may do something with a resource, or in your organisation (AuthZEN 1.0 §8.4).',
      ...listing,
      body: SubjectSearch,
      reply: FoundSubjects,
      errors: listErrors,
      handle: async ({ principal, body, head }) => echoing(head, await searchSubjects(parts, principal, body)),
    }),
    defineRoute({
      method: 'POST',
      path: '/access/v1/search/resource',
      summary: 'List the resources of a type that somebody may do something with (AuthZEN 1.0 §8.5).',
      ...listing,
      body: ResourceSearch,
      reply: FoundResources,
      errors: listErrors,
      handle: async ({ principal, body, head }) => echoing(head, await searchResources(parts, principal, body)),
    }),
    defineRoute({
      method: 'POST',
      path: '/access/v1/search/action',
      summary: 'List what somebody may do with a resource (AuthZEN 1.0 §8.6).',
      ...listing,
      body: ActionSearch,
      reply: FoundActions,
      errors: listErrors,
      handle: async ({ principal, body, head }) => echoing(head, await searchActions(parts, principal, body)),
    }),
  ]
}

function explainRoute(parts: Parts): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/access/explain',
    summary: 'Explain a decision: your own, or anybody’s where you may read the log of decisions.',
    who: 'signed-in',
    limit: 'expensive',
    sensitive: false,
    body: Explain,
    reply: Explained,
    errors: ['ACCESS_RELATIONS_TOO_DEEP', 'ACCESS_RELATIONS_TOO_WIDE'],
    handle: ({ principal, body, head }) => explain(parts, principal, body, head.address),
  })
}

function configurationRoute({ publicUrl }: Parts): Route {
  return defineRoute({
    method: 'GET',
    path: '/.well-known/authzen-configuration',
    summary: 'Get where the decision point answers (AuthZEN 1.0 §9).',
    who: 'anyone',
    limit: 'read',
    sensitive: false,
    reply: AuthzenConfiguration,
    handle: async () =>
      new Reply(
        200,
        {
          policy_decision_point: publicUrl,
          access_evaluation_endpoint: `${publicUrl}/access/v1/evaluation`,
          access_evaluations_endpoint: `${publicUrl}/access/v1/evaluations`,
          search_subject_endpoint: `${publicUrl}/access/v1/search/subject`,
          search_resource_endpoint: `${publicUrl}/access/v1/search/resource`,
          search_action_endpoint: `${publicUrl}/access/v1/search/action`,
        },
        { 'cache-control': 'public, max-age=300' },
      ),
  })
}

/** AuthZEN §10.1.9: the identifier that the caller gave its request comes back with the reply. */
function echoing<Body>({ headers }: RequestHead, body: Body): Reply<Body> {
  const id = headers['x-request-id']
  const safe = typeof id === 'string' && /^[\x21-\x7e]{1,200}$/.test(id)
  return new Reply(200, body, safe ? { 'x-request-id': id } : {})
}
