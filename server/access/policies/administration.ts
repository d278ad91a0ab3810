import type { PolicyVersions, TestedPolicies, WholePolicyVersion } from '@custodia/wire/http/policies.ts'
import type { Operator } from '../author.ts'
import { activate } from './activate.ts'
import { draft } from './draft.ts'
import type { PolicyParts } from './parts.ts'
import { rollBack } from './roll-back.ts'
import type { ShadowReport } from './shadow.ts'
import { shadowVersion } from './shadow-version.ts'
import { listVersions, showTested, showWhole } from './show.ts'
import { readLastRetired, readLiveNumber } from './store.ts'
import { testText, testVersion } from './test-version.ts'

/**
 * What the operator may do with the policies of one organisation: the use cases of the API, by nobody in particular. No right bounds it, and no
 * forbid stops it: so it is the way out where a version has locked everybody out. Every change is in the ledger as done by the system.
 */
export type PolicyAdministration = {
  list(query: { readonly cursor?: string; readonly limit?: number }): Promise<PolicyVersions>
  show(number: number): Promise<WholePolicyVersion>
  test(text: string): Promise<TestedPolicies>
  /** Keeps a text as a draft, and tests it. */
  draft(text: string, reason: string): Promise<{ readonly number: number; readonly tested: TestedPolicies }>
  shadow(number: number, days: number): Promise<ShadowReport>
  activate(number: number, reason: string): Promise<WholePolicyVersion>
  /** @param to a version that was live, 0 for none, or null for the one that was live before. @returns which one is live now, 0 for none. */
  rollBack(to: number | null, reason: string): Promise<number>
}

/** For the commands of whoever has the installation's keys: no route leads here. */
export function policyAdministration(parts: PolicyParts, organisationId: string): PolicyAdministration {
  const by: Operator = { kind: 'operator', organisationId }
  const { queries } = parts.context.database
  return {
    list: (query) => listVersions(parts, organisationId, query),
    show: (number) => showWhole(parts, organisationId, number),
    test: async (text) => showTested(await testText(parts, organisationId, text)),
    async draft(text, reason) {
      const { number } = await draft(parts, { text, reason }, by)
      return { number, tested: showTested(await testVersion(parts, number, by)) }
    },
    shadow: (number, days) => shadowVersion(parts, { number, days }, by),
    async activate(number, reason) {
      await activate(parts, { organisationId, number, reason }, null)
      return await showWhole(parts, organisationId, number)
    },
    async rollBack(wanted, reason) {
      const instead = await readLiveNumber(queries, organisationId)
      const to = wanted ?? (await readLastRetired(queries, organisationId)) ?? 0
      await rollBack(parts, { organisationId, to, instead, reason }, null)
      return to
    },
  }
}
