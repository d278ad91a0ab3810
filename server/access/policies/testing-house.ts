import assert from 'node:assert/strict'
import { memoryKeyring } from '../../audit/testing.ts'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { openTestDatabase } from '../../platform/database/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import { testContext } from '../../platform/testing.ts'
import type { LoggedDecision } from '../decisions/api.ts'
import { activate } from './activate.ts'
import type { PolicyNeeds } from './api.ts'
import { draft } from './draft.ts'
import type { Laboratory } from './laboratory.ts'
import { openLaboratory } from './laboratory.ts'
import type { OpenPolicies } from './policies.ts'
import { openPolicies } from './policies.ts'
import { shadowVersion } from './shadow-version.ts'
import { showWhole } from './show.ts'
import { testVersion } from './test-version.ts'
import { builtIn, file, source } from './testing.ts'

/** A database with the module's tables, for one test file. */
export const openPolicyDatabase = (): Promise<TestDatabase> =>
  openTestDatabase([{ module: 'access', folder: new URL('../migrations/', import.meta.url) }])

export const keyring = memoryKeyring()

/** The same text gives the same study: a worker for each would make these tests slow, and no different. */
function remembering(laboratory: Laboratory): Laboratory {
  const studies = new Map<string, ReturnType<Laboratory['study']>>()
  return {
    study(order) {
      const known = studies.get(order.text) ?? laboratory.study(order)
      studies.set(order.text, known)
      return known
    },
  }
}
export const common = remembering(openLaboratory())
const all = new Set(source.permissions)

/** The room on that database, with what the rest of the module would tell it. */
export function start(
  opened: TestDatabase,
  {
    held = all,
    privileged = false,
    laboratory = common,
    logged = [],
  }: {
    held?: ReadonlySet<string>
    privileged?: boolean
    laboratory?: Laboratory
    logged?: readonly LoggedDecision[]
  } = {},
) {
  const context = testContext({ config: {}, database: opened.database })
  const needs: PolicyNeeds = {
    builtIn: () => builtIn,
    standingOf: () => ({ roles: ['administrator'], groups: [], untilMs: Number.POSITIVE_INFINITY }),
    held: async () => held,
    grantable: async () => source.permissions,
    privileged: async () => privileged,
    announce: async () => {},
  }
  const decisions = {
    newest: async (_organisationId: string, { before, limit }: { before: string | null; limit: number }) =>
      before === null ? logged.slice(0, limit) : [],
  }
  const policies = openPolicies(context, { ...needs, keyring, decisions, source }, laboratory)
  return { context, policies, parts: policies.parts }
}

export const organisation = newId('org')
export const user = (organisationId = organisation, id = newId('usr')): Principal => ({
  kind: 'user',
  id,
  organisationId,
  roles: ['administrator'],
  sessionId: newId('ses'),
  factors: ['pwd'],
  authenticatedAtMs: 0,
})
export const asking = (principal: Principal) => ({ principal, address: '10.0.0.9' })
export const reason = 'Because of the audit'
export const permitting = (id: string, action = 'inbox:mail:read') =>
  `@id("${id}") permit(principal in Custodia::Group::"grp_a", action == Custodia::Action::"${action}", resource);\n`

export async function shadowed({ parts }: Pick<OpenPolicies, 'parts'>, by: Principal, text = file): Promise<number> {
  const { number } = await draft(parts, { text, reason }, by)
  assert.equal((await testVersion(parts, number, by)).green, true)
  await shadowVersion(parts, { number, days: 7 }, by)
  return number
}

export async function live(open: Pick<OpenPolicies, 'parts'>, by: Principal, text = file): Promise<number> {
  const number = await shadowed(open, by, text)
  await activate(open.parts, { organisationId: by.organisationId, number, reason }, asking(by))
  return number
}

export const refused = (work: Promise<unknown>, code: string) => assert.rejects(work, (error) => isRefusal(error, code))
export const stateOf = async ({ parts }: Pick<OpenPolicies, 'parts'>, by: Principal, number: number) =>
  (await showWhole(parts, by.organisationId, number)).state
