import cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { PolicySetJson } from '../policies/api.ts'
import type { CedarSchema } from '../policies/schema.ts'

/** Has Cedar itself look at the policies that follow from the configuration. @throws Error where it refuses one, with its name. */
export function requireSound(policies: PolicySetJson, schema: CedarSchema): void {
  const checked = cedar.validate({
    schema: schema as never,
    policies: { staticPolicies: policies.staticPolicies as never },
  })
  if (checked.type === 'failure') throw new Error(`Cedar refuses the policies: ${checked.errors[0]?.message}`)
  const wrong = checked.validationErrors[0]
  if (wrong !== undefined) throw new Error(`Cedar refuses policy ${wrong.policyId}: ${wrong.error.message}`)
}
