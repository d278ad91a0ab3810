import type { PolicySetJson } from './api.ts'
import type { FilePolicy } from './policy-file.ts'
import { compiledId } from './policy-id.ts'

/** By the ids that they have beside built-in ones. */
export function ownPolicies(policies: readonly Pick<FilePolicy, 'id' | 'json'>[]): PolicySetJson {
  return { staticPolicies: Object.fromEntries(policies.map(({ id, json }) => [compiledId(id), JSON.parse(json)])) }
}
