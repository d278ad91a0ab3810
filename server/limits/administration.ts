import type { NewLimitEntry, SetLimitPolicy } from '@custodia/wire/http/limits.ts'
import { addEntry, removeEntry } from './entries.ts'
import type { By, Parts } from './parts.ts'
import { scopeName } from './parts.ts'
import { removePolicy, setDryRun, setPolicy } from './set-policy.ts'
import { showEntries, showLimited, showPolicies } from './show.ts'

export type LimitsAdministration = ReturnType<typeof limitsAdministration>

/**
 * What the operator may do with limits: the use cases of the API, for everybody, or for one organisation. No right bounds it; what would keep
 * everybody from signing in is refused as there. Every change is in the ledger as done by the system.
 *
 * For the commands of whoever has the machine: no route leads here.
 */
export function limitsAdministration(parts: Parts, organisationId: string | null) {
  const by: By = { kind: 'operator', organisationId }
  const scope = scopeName(organisationId)
  return {
    policies: () => showPolicies(parts, by),
    set: async (name: string, wanted: SetLimitPolicy) => await setPolicy(parts, by, name, wanted),
    setDryRun: async (name: string, dryRun: boolean) => await setDryRun(parts, by, name, dryRun),
    remove: async (name: string) => await removePolicy(parts, by, name, scope),
    entries: async () => await showEntries(parts, by),
    add: async (wanted: NewLimitEntry) => await addEntry(parts, by, null, wanted),
    end: async (id: string) => await removeEntry(parts, by, id, scope),
    limited: async () => await showLimited(parts, by),
  }
}
