import { Cursor, closed } from '@custodia/wire/http/common.ts'
import {
  ActivatePolicies,
  DraftedPolicies,
  DraftPolicies,
  PolicyDiffs,
  PolicySchema,
  PolicyVersions,
  RollBackPolicies,
  ShadowPolicies,
  ShadowReport,
  TestedPolicies,
  TestPolicies,
  VersionNumber,
  VersionOrNone,
  WholePolicyVersion,
} from '@custodia/wire/http/policies.ts'
import { Type } from 'typebox'
import type { Route } from '../../platform/http/route.ts'
import { defineRoute, Reply } from '../../platform/http/route.ts'
import { activate } from './activate.ts'
import { draft } from './draft.ts'
import { judge } from './judge.ts'
import type { PolicyParts } from './parts.ts'
import { rollBack } from './roll-back.ts'
import { shadowVersion } from './shadow-version.ts'
import { listVersions, showDiff, showTested, showWhole } from './show.ts'
import { testText, testVersion } from './test-version.ts'

export const policyPermissions = {
  'access:policies:read': { summary: 'Read the organisation’s policies and their versions.' },
  'access:policies:write': { summary: 'Write policies, test them, and try them on logged decisions.' },
  'access:policies:activate': { summary: 'Make policies live, and roll them back.' },
} as const

/** Text of 262,144 bytes, in which JSON may write a byte as six. */
const bodyLimitBytes = 1_600_000
const read = { permission: 'access:policies:read' } as const
const write = { permission: 'access:policies:write' } as const
const makeLive = { permission: 'access:policies:activate' } as const
const params = Type.Object({ number: VersionNumber }, closed)
const readingErrors = ['ACCESS_POLICY_UNREADABLE', 'ACCESS_POLICY_TOO_COMPLEX', 'ACCESS_POLICY_BUSY']
const versionErrors = ['ACCESS_POLICY_VERSION_UNKNOWN', 'ACCESS_POLICY_STATE', 'ACCESS_POLICY_NOT_GREEN']
const liveErrors = ['ACCESS_POLICY_CHANGED', 'ACCESS_POLICY_LOCKS_YOU_OUT', 'ACCESS_NOT_YOURS_TO_GIVE']

export function policyRoutes(parts: PolicyParts): readonly Route[] {
  return [...readingRoutes(parts), ...writingRoutes(parts), ...liveRoutes(parts)]
}

function readingRoutes(parts: PolicyParts): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/policies',
      summary: 'List the versions of your organisation’s policies, newest first.',
      who: read,
      limit: 'read',
      sensitive: false,
      query: Type.Object(
        {
          cursor: Type.Optional(Cursor),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        },
        closed,
      ),
      reply: PolicyVersions,
      errors: ['ACCESS_CURSOR_INVALID'],
      handle: ({ principal, query }) => listVersions(parts, principal.organisationId, query),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/policies/schema',
      summary: 'Get the schema that policies are validated against, in Cedar’s JSON form.',
      who: read,
      limit: 'read',
      sensitive: false,
      reply: PolicySchema,
      handle: async () => ({ schema: parts.schema }),
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/policies/diff',
      summary: 'Compare two versions, policy by policy; 0 is that without any.',
      who: read,
      limit: 'expensive',
      sensitive: false,
      query: Type.Object({ from: VersionOrNone, to: VersionOrNone }, closed),
      reply: PolicyDiffs,
      errors: ['ACCESS_POLICY_VERSION_UNKNOWN'],
      handle: async ({ principal, query }) => {
        const diff = await showDiff(parts, principal.organisationId, query.from, query.to)
        return { items: diff.map((one) => ({ ...one, lines: [...one.lines] })) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/policies/:number',
      summary: 'Get one version with its text and what shadowing it said.',
      who: read,
      limit: 'read',
      sensitive: false,
      params,
      reply: WholePolicyVersion,
      errors: ['ACCESS_POLICY_VERSION_UNKNOWN'],
      handle: ({ principal, params: { number } }) => showWhole(parts, principal.organisationId, number),
    }),
  ]
}

function writingRoutes(parts: PolicyParts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/policies/test',
      summary: 'Validate and test policies that are not kept.',
      who: write,
      limit: 'expensive',
      sensitive: false,
      body: TestPolicies,
      bodyLimitBytes,
      reply: TestedPolicies,
      errors: [...readingErrors, 'ACCESS_POLICY_DISAGREEMENT'],
      handle: async ({ principal, body }) => showTested(await testText(parts, principal.organisationId, body.text)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policies',
      summary: 'Keep policies as a draft: the next version, which decides nothing yet.',
      who: write,
      limit: 'expensive',
      sensitive: false,
      body: DraftPolicies,
      bodyLimitBytes,
      reply: DraftedPolicies,
      errors: [...readingErrors, 'ACCESS_POLICY_DISAGREEMENT', 'ACCESS_NOT_YOURS_TO_GIVE'],
      handle: async ({ principal, body }) => {
        const { number, study } = await draft(parts, body, principal)
        const { text: _text, shadow: _shadow, ...version } = await showWhole(parts, principal.organisationId, number)
        const results = judge(study)
        const green = study.errors.length === 0 && results.every(({ passed }) => passed)
        return new Reply(201, { version, findings: showTested({ study, results, green }) })
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policies/:number/test',
      summary: 'Validate and test a version; a draft that is green is tested from then on.',
      who: write,
      limit: 'expensive',
      sensitive: false,
      params,
      reply: TestedPolicies,
      errors: [...readingErrors, 'ACCESS_POLICY_VERSION_UNKNOWN', 'ACCESS_POLICY_DISAGREEMENT'],
      handle: async ({ principal, params: { number } }) => showTested(await testVersion(parts, number, principal)),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policies/:number/shadow',
      summary: 'Try a tested version on logged decisions, and tell which would be others.',
      who: write,
      limit: 'expensive',
      sensitive: false,
      params,
      body: ShadowPolicies,
      reply: ShadowReport,
      errors: [...readingErrors, ...versionErrors, 'ACCESS_POLICY_DISAGREEMENT'],
      handle: async ({ principal, params: { number }, body, signal }) =>
        (await shadowVersion(parts, { number, days: body.days, signal }, principal)) as ShadowReport,
    }),
  ]
}

function liveRoutes(parts: PolicyParts): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/policies/:number/activate',
      summary: 'Make a shadowed version live.',
      who: makeLive,
      limit: 'expensive',
      sensitive: true,
      params,
      body: ActivatePolicies,
      reply: WholePolicyVersion,
      errors: [
        ...readingErrors,
        ...versionErrors,
        ...liveErrors,
        'ACCESS_POLICY_DISAGREEMENT',
        'ACCESS_POLICY_NEEDS_ANOTHER',
      ],
      handle: async ({ principal, params: { number }, body, head }) => {
        const { organisationId } = principal
        await activate(parts, { organisationId, number, ...body }, { principal, address: head.address })
        return await showWhole(parts, organisationId, number)
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/policies/roll-back',
      summary: 'Make a version live again that was, in one step; 0 for no policies at all.',
      who: makeLive,
      limit: 'expensive',
      sensitive: true,
      body: RollBackPolicies,
      reply: PolicyVersions,
      errors: [...readingErrors, ...versionErrors, ...liveErrors],
      handle: async ({ principal, body, head }) => {
        const { organisationId } = principal
        await rollBack(parts, { organisationId, ...body }, { principal, address: head.address })
        return await listVersions(parts, organisationId, { limit: 20 })
      },
    }),
  ]
}
