import type { Keyring } from '../keyring/api.ts'
import type { Route } from '../platform/http/route.ts'
import type { Job } from '../platform/jobs/job.ts'
import { madeOnce } from '../platform/made-once.ts'
import type { Context, SubjectData } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { Access } from './api.ts'
import { authzenPermissions, authzenRoutes } from './authzen/routes.ts'
import { builtInOf } from './decide/built-in.ts'
import { DecisionPoint } from './decide/decision-point.ts'
import { questionOf } from './decide/of-principal.ts'
import { requireSound } from './decide/require-sound.ts'
import { schemaTypes } from './decide/schema-types.ts'
import type { OpenDecisionLog } from './decisions/decision-log.ts'
import { openDecisionLog } from './decisions/decision-log.ts'
import { decisionPermissions, decisionRoutes } from './decisions/routes.ts'
import { withDecisions } from './decisions/subject-data.ts'
import { sweepDecisions } from './decisions/sweep.ts'
import { errors } from './errors.ts'
import { events } from './events.ts'
import type { GrantsRoom } from './grants/create-grants.ts'
import { createGrants } from './grants/create-grants.ts'
import { readContext } from './policies/declared-attributes.ts'
import { needsOfGrants } from './policies/needs-of-grants.ts'
import type { OpenPolicies } from './policies/policies.ts'
import { openPolicies } from './policies/policies.ts'
import { policyPermissions, policyRoutes } from './policies/routes.ts'
import type { Relations } from './relations/api.ts'
import { checkResourceTypes } from './relations/check-resource-types.ts'
import { Cursors } from './relations/cursor.ts'
import type { SessionDirectory } from './relations/on-behalf.ts'
import { createRelations } from './relations/relations.ts'
import { parseResourceTypes } from './relations/resource-types.ts'
import { relationPermissions, relationRoutes } from './relations/routes.ts'
import { withRelations } from './relations/subject-data.ts'
import { sweepRelations } from './relations/sweep.ts'
import { requireHandable } from './require-handable.ts'
import { lockOrganisation } from './revision.ts'
import { Revisions } from './revisions.ts'
import { config, danglingPatterns, resolveRoles } from './roles.ts'
import { routes } from './routes.ts'
import { setRoles } from './set-roles.ts'
import { readRoles } from './store.ts'

type Uses = { keyring: Keyring }

const quiet = { log: false } as const
const loud = {} as const

export type AccessModule = Access & {
  readonly grants: GrantsRoom
  readonly policies: OpenPolicies
  readonly relations: Relations
  readonly decisions: OpenDecisionLog
  stop(): Promise<void>
  readonly routes: readonly Route[]
  readonly jobs: readonly Job[]
  readonly subjectData: SubjectData
}

export const access = defineModule<AccessModule, Uses, typeof config>({
  name: 'access',
  uses: ['keyring'],
  config,
  permissions: {
    'access:roles:read': { summary: 'See which roles there are.' },
    'access:roles:write': { summary: 'Make, change and delete roles, from the permissions that one has.' },
    'access:assignments:read': { summary: 'See who has which role, until when and why.' },
    'access:assignments:write': { summary: 'Assign and take roles, of those that one has.' },
    'access:groups:read': { summary: 'See the groups, and who is in them.' },
    'access:groups:write': { summary: 'Make groups, and put people in them who gain no more than one has.' },
    'access:service-accounts:read': { summary: 'See the service accounts.' },
    'access:service-accounts:write': { summary: 'Make, disable and delete service accounts.' },
    'access:approvals:read': { summary: 'See what waits for a second administrator.' },
    'access:approvals:write': { summary: 'Agree to what another administrator asked for, or refuse it.' },
    'access:reviews:read': { summary: 'See the reviews of assignments.' },
    'access:reviews:write': { summary: 'Open reviews of assignments, and decide what they list.' },
    ...policyPermissions,
    ...decisionPermissions,
    ...authzenPermissions,
    ...relationPermissions,
  },
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createAccess,
  routes: (api) => api.routes,
  jobs: (api) => api.jobs,
  subjectData: (api) => api.subjectData,
  authorizer: (api) => api,
  stop: (api) => api.stop(),
})

export function createAccess(context: Context<typeof config>, { keyring }: Uses): AccessModule {
  const { clock, recorder, database, permissions } = context
  const dangling = danglingPatterns(context.config.roles, permissions)
  if (dangling.length > 0)
    throw new Error(`CUSTODIA_ACCESS_ROLES names permissions that do not exist: ${dangling.join(', ')}.`)
  const roles = resolveRoles(context.config.roles, permissions)
  const privileged = new Set(context.config.privilegedRoles)
  const unknown = [...privileged].find((name) => !roles.some((role) => role.name === name))
  if (unknown !== undefined)
    throw new Error(`CUSTODIA_ACCESS_PRIVILEGED_ROLES names a role that does not exist: ${unknown}.`)
  const contexts = Object.fromEntries(
    Object.entries(context.contexts).map(([name, declared]) => [name, readContext(name, declared)]),
  )
  const declared = Object.entries(context.resources).flatMap(([name, types]) => parseResourceTypes(name, types))
  const types = checkResourceTypes(declared, (permission) => Object.hasOwn(permissions, permission), contexts)
  const builtIn = builtInOf(types)
  const reaching = new Set(Object.keys(permissions).filter((name) => permissions[name]?.reach === 'installation'))
  const configured = { roles, privileged, reaching, permissions: new Set(Object.keys(permissions)) }
  const grants = createGrants(context, keyring, configured)
  const decisions = openDecisionLog({ ...context, keyring, sampled: context.config.decisionSample })
  const policies = openPolicies(context, {
    ...needsOfGrants(grants, builtIn, () => clock.nowMs()),
    keyring,
    decisions,
    source: { permissions: Object.keys(permissions), resourceTypes: schemaTypes(types), contexts },
  })
  // What Cedar refuses of the configuration's policies stops the start.
  for (const table of grants.plainTables) requireSound(builtIn(table), policies.parts.schema)
  let sessions: SessionDirectory | null = null
  const cursorKeys = madeOnce(() => keyring.secret('access-cursor'))
  const relations = createRelations({
    ...context,
    ...{ types, cursorKeys },
    onChange: (organisationId) => point.forget(organisationId),
  })
  const point = new DecisionPoint({
    ...{ grants, relations, policies, types, builtIn },
    bus: context.bus,
    log: decisions,
    revisionOf: (organisationId) => revisions.seen(organisationId),
  })
  const revisions = new Revisions({
    database,
    secret: madeOnce(() => keyring.secret('access-decision-token')),
    forget(organisationId) {
      grants.forget(organisationId)
      relations.forgetAnswers(organisationId)
      policies.parts.cache.forget(organisationId)
      point.forget(organisationId)
    },
  })
  grants.onChange((subjectId, organisationId) =>
    subjectId === null ? point.forget(organisationId) : point.forgetSubject(subjectId),
  )
  grants.onGift(
    requireHandable({
      ...{ grants, relations, policies },
      permissionsOf: policies.parts.needs.grantable,
      held: policies.parts.needs.held,
      nowMs: () => clock.nowMs(),
    }),
  )
  const decide: Access['decide'] = (principal, permission, about = {}) =>
    point.check(questionOf(principal, permission, about, clock.nowMs()), about.quiet === true ? quiet : loud)

  return {
    decide,
    standingOf: grants.standingOf,
    roleTable: grants.roleTable,
    roles: () => roles,
    rolesOf: async (organisationId, subjectId) => (await grants.standingOf(organisationId, subjectId)).roles,
    async rolesOfMany(organisationId, subjectIds) {
      const found = new Map<string, string[]>(subjectIds.map((id) => [id, []]))
      if (subjectIds.length > 0)
        for (const row of await readRoles(database.queries, organisationId, subjectIds))
          found.get(row.subject_id)?.push(row.role)
      return found
    },
    setRoles: (tx, change) =>
      setRoles(tx, change, { readTable: grants.readTable, clock, recorder, announce: grants.announce }),
    async permissionsOf(principal) {
      const granted: string[] = []
      for (const permission of Object.keys(permissions))
        if ((await decide(principal, permission, { quiet: true })).allowed) granted.push(permission)
      return granted
    },
    async permissionsOfRoles(queries, organisationId, names) {
      const table = await grants.readTable(queries, organisationId)
      return new Set(names.flatMap((name) => table.roles.get(name)?.permissions ?? []))
    },
    exceeds: grants.exceeds,
    lock: lockOrganisation,
    serviceAccount: grants.serviceAccountOf,
    lendDirectory: grants.lendDirectory,
    lendOperating: grants.lendOperating,
    operating: grants.operating,
    lendSessions(lent) {
      sessions = lent
    },
    onShift: grants.onShift,
    onChange: grants.onChange,
    grants,
    policies,
    relations,
    decisions,
    routes: [
      ...routes({ grants }),
      ...policyRoutes(policies.parts),
      ...decisionRoutes({ ...context, decisions }),
      ...relationRoutes({
        ...{ relations, revisions, database, clock, readTable: grants.readTable },
        onBehalf: {
          ...{ clock, recorder, issuer: context.publicUrl, directory: grants.parts.directory },
          signer: () => keyring.signer('assertion'),
          sessions: () => sessions,
        },
      }),
      ...authzenRoutes({
        ...{ point, grants, relations, types, contexts, policies, revisions, database, clock, decide },
        cursors: new Cursors(cursorKeys, context.random),
        permissions: Object.keys(permissions),
        publicUrl: context.publicUrl,
      }),
    ],
    jobs: [
      ...grants.jobs,
      sweepRelations(relations),
      sweepDecisions({
        database,
        clock,
        keptDays: context.config.decisionDays,
        kept: context.config.decisionRows,
      }),
    ],
    subjectData: withRelations(withDecisions(grants.subjectData, database), relations),
    stop: () => decisions.stop(),
  }
}
