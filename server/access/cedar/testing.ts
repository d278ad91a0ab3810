import assert from 'node:assert/strict'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { Compiled, Decision, EntityStore } from './api.ts'
import { entityUid, recordFromJson } from './api.ts'
import type { FailureKind } from './failure.ts'

export type Uid = { readonly type: string; readonly id: string }
export type RequestJson = {
  readonly principal: Uid
  readonly action: Uid
  readonly resource: Uid
  readonly context: unknown
}

/** JSON as cedar-wasm takes it: it is made into text there, where a `bigint` has no form of its own. */
export function exactJson(json: unknown): never {
  const exact = (_name: string, value: unknown) =>
    typeof value === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value)) : value
  return revived(json, exact) as never
}

function revived(json: unknown, exact: (name: string, value: unknown) => unknown): unknown {
  if (Array.isArray(json)) return json.map((one) => revived(one, exact))
  if (typeof json !== 'object' || json === null) return exact('', json)
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(json)) copy[name] = revived(value, exact)
  return copy
}

/** @throws Error where cedar-wasm does not take the policies. */
export function preparse(policies: unknown): void {
  const parsed = cedar.preparsePolicySet('tested', exactJson(policies))
  if (parsed.type === 'failure') throw new Error(`cedar-wasm refuses: ${parsed.errors[0]?.message}`)
}

/** What cedar-wasm says of the policies that were prepared last. */
export function reference(request: RequestJson, entities: unknown): Decision {
  const answer = cedar.statefulIsAuthorized({
    principal: request.principal,
    action: request.action,
    resource: request.resource,
    context: exactJson(request.context),
    entities: exactJson(entities),
    preparsedPolicySetId: 'tested',
  })
  if (answer.type === 'failure') throw new Error(`cedar-wasm could not decide: ${answer.errors[0]?.message}`)
  const { decision, diagnostics } = answer.response
  return {
    decision,
    determining: diagnostics.reason.sort(),
    errors: diagnostics.errors
      .map(({ policyId, error }) => ({ policyId, kind: kindOf(error.message) }))
      .sort((a, b) => (a.policyId < b.policyId ? -1 : 1)),
  }
}

const kinds: readonly (readonly [RegExp, FailureKind])[] = [
  [/^type error: /, 'type-error'],
  [/^integer overflow /, 'integer-overflow'],
  [/^error while evaluating `/, 'extension-error'],
  [/^entity `.*` does not exist$/s, 'entity-does-not-exist'],
  [/^(record|`.*`) does not have the attribute `/s, 'attribute-does-not-exist'],
  [/^`.*` does not have the tag `/s, 'tag-does-not-exist'],
]

function kindOf(message: string): FailureKind {
  const [, kind] = kinds.find(([form]) => form.test(message)) ?? []
  assert.ok(kind, `an error of no known kind: ${message}`)
  return kind
}

export function ours(compiled: Compiled, request: RequestJson, entities: EntityStore): Decision {
  const { principal, action, resource } = request
  return compiled.decide(
    {
      principal: entityUid(principal.type, principal.id),
      action: entityUid(action.type, action.id),
      resource: entityUid(resource.type, resource.id),
      context: recordFromJson(request.context),
    },
    entities,
  )
}

/** A policy that permits where the expression holds. */
export const permitWhen = (body: unknown): unknown => ({
  effect: 'permit',
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions: [{ kind: 'when', body }],
})

export const value = (json: unknown): unknown => ({ Value: json })
export const variable = (name: string): unknown => ({ Var: name })

/**
 * Policies of a text in JSON, by the ids that Cedar gives them: `policy0`, `policy1`, in their order. Exact, unlike `policyToJson`,
 * which rounds long numbers: those are replaced before it, and put back after it.
 */
export function policiesFromText(text: string): { staticPolicies: Record<string, unknown> } {
  const longs: bigint[] = []
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|(?<![A-Za-z0-9_])[0-9]{16,}/g, (token) =>
    /^[0-9]/.test(token) ? String(firstMark + longs.push(BigInt(token)) - 1) : token,
  )
  const unmark = (_name: string, found: unknown) => {
    const long = typeof found === 'number' ? longs[Math.abs(found) - firstMark] : undefined
    return long === undefined ? found : (found as number) < 0 ? -long : long
  }
  const parts = cedar.policySetTextToParts(marked)
  if (parts.type === 'failure') throw new Error(`cedar-wasm refuses: ${parts.errors[0]?.message}`)
  // The parts come in the order of their ids, as texts: policy10 before policy2.
  const ids = parts.policies.map((_, at) => `policy${at}`).sort()
  const policies = parts.policies.map((policy, at): [string, unknown] => {
    const answer = cedar.policyToJson(policy)
    if (answer.type === 'failure') throw new Error(`cedar-wasm refuses: ${answer.errors[0]?.message}`)
    return [ids[at] ?? '', revived(answer.json, unmark)]
  })
  return { staticPolicies: Object.fromEntries(policies) }
}

const firstMark = 7_199_254_740_000
