import type { PolicySetJson } from './api.ts'

type ActionScope = { readonly op: string; readonly entity?: unknown; readonly entities?: readonly unknown[] }
type PolicyJson = { readonly effect: 'permit' | 'forbid'; readonly action: ActionScope }

/** The permissions that a scope names; null where it names none, and so means all. */
export function actionsOf(scope: ActionScope): readonly string[] | null {
  if (scope.op === 'All') return null
  const named = (scope.entities ?? [scope.entity]) as ({ id: string } | { __entity: { id: string } })[]
  return named.map((one) => ('__entity' in one ? one.__entity.id : one.id))
}

/** Whether a policy in Cedar's JSON form is a permit whose scope has the permission. */
export function permits(policy: unknown, permission: string): boolean {
  const { effect, action } = policy as PolicyJson
  return effect === 'permit' && (actionsOf(action)?.includes(permission) ?? true)
}

/** Whether one of the organisation's own policies permits the action to anybody. To whom, and when, each decision finds out. */
export const mayPermit = (policies: PolicySetJson, permission: string): boolean =>
  Object.values(policies.staticPolicies).some((policy) => permits(policy, permission))

/**
 * Which permissions somebody may have by the new policies and did not have by the old ones: those of every permit that was not there, and
 * of every forbid that is there no longer. Conditions are not looked at: they may hold at any time.
 *
 * @param all what a policy means that names no action.
 */
export function giftsOf(next: PolicySetJson, live: PolicySetJson, all: readonly string[]): ReadonlySet<string> {
  const changed = [...missing(next, live, 'permit'), ...missing(live, next, 'forbid')]
  return new Set(changed.flatMap(({ action }) => actionsOf(action) ?? all))
}

/** Those of the effect that the other has not, under whatever name. */
function missing(set: PolicySetJson, other: PolicySetJson, effect: PolicyJson['effect']): readonly PolicyJson[] {
  const known = new Set(Object.values(other.staticPolicies).map(contentOf))
  const policies = Object.values(set.staticPolicies) as readonly PolicyJson[]
  return policies.filter((policy) => policy.effect === effect && !known.has(contentOf(policy)))
}

/** Annotations decide nothing. */
function contentOf(policy: unknown): string {
  const { annotations: _, ...content } = policy as Record<string, unknown>
  return JSON.stringify(content)
}
