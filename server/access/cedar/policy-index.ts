import { BitSet } from './bit-set.ts'
import type { Run } from './compilation.ts'
import type { EntityConstraint, Policy } from './compile-policy.ts'
import type { Above, Evaluation, Slots } from './evaluation.ts'
import { limits } from './limits.ts'
import type { EntityUid } from './values.ts'

/** A policy among the candidates, with what its scope still asks. A check gives true or false, and never fails. */
export type Entry = { readonly policy: Policy; readonly checks: readonly Run[] }

type Group = { readonly isIn: Run; readonly entries: Entry[] }

/** The policies for one action and one pair of types, found by the narrowest thing that each scope names. */
type Bucket = {
  readonly rest: Entry[]
  readonly byResource: Map<string, Entry[]>
  readonly byPrincipal: Map<string, Entry[]>
  readonly byPrincipalGroup: Map<string, Group>
  readonly byResourceGroup: Map<string, Group>
}

/** So many groups are asked about one by one before the entity's ancestors are looked through, where the store can name them. */
const fewGroups = 8

/**
 * Finds the policies that can apply. First by the action and the types of principal and resource: each has a set of bits, one bit a
 * policy, and what all three share is remembered. Then by the very entities that scopes name. Nothing that applies is ever left out;
 * what is left out has a scope that does not hold, so that its conditions would not have been evaluated.
 */
export class PolicyIndex {
  readonly #policies: readonly Policy[]
  readonly #slots: Slots
  readonly #actionIsStatic: boolean
  readonly #actions: Postings
  readonly #principals: Postings
  readonly #resources: Postings
  readonly #buckets = new Map<string, Bucket>()

  constructor(policies: readonly Policy[], above: Above, slots: Slots) {
    this.#policies = policies.filter((policy) => !policy.idle)
    this.#slots = slots
    this.#actionIsStatic = above !== null
    const typesOf = (constraint: EntityConstraint) => {
      const type = constraint.equals?.type ?? constraint.type
      return type === undefined ? null : [type]
    }
    const below = belowOf(above)
    this.#actions = new Postings(this.#policies, (policy) => actionKeys(policy, below))
    this.#principals = new Postings(this.#policies, (policy) => typesOf(policy.principal))
    this.#resources = new Postings(this.#policies, (policy) => typesOf(policy.resource))
    // Every membership that a scope asks about has its slot before the first decision.
    for (const policy of this.#policies) this.#checksOf(policy, null)
  }

  /** Calls with every candidate, once each. */
  visit(evaluation: Evaluation, seen: (entry: Entry) => void): void {
    const { principal, resource } = evaluation
    const bucket = this.#bucketFor(evaluation)
    for (const entry of bucket.rest) seen(entry)
    for (const entry of bucket.byResource.get(resource.key) ?? []) seen(entry)
    for (const entry of bucket.byPrincipal.get(principal.key) ?? []) seen(entry)
    visitGroups(bucket.byPrincipalGroup, principal, evaluation, seen)
    visitGroups(bucket.byResourceGroup, resource, evaluation, seen)
  }

  #bucketFor({ action, principal, resource }: Evaluation): Bucket {
    const [a, p, r] = [
      this.#actions.known(action.key),
      this.#principals.known(principal.type),
      this.#resources.known(resource.type),
    ]
    // No type has a U+0001, and an action's identifier comes last.
    const key = `${p}\u0001${r}\u0001${a}`
    const before = this.#buckets.get(key)
    if (before !== undefined) return before
    const bits = this.#actions.bits(a)
    bits.intersect(this.#principals.bits(p))
    bits.intersect(this.#resources.bits(r))
    const bucket = this.#fill(bits)
    if (this.#buckets.size >= limits.buckets) this.#buckets.clear()
    this.#buckets.set(key, bucket)
    return bucket
  }

  #fill(bits: BitSet): Bucket {
    const bucket: Bucket = {
      rest: [],
      byResource: new Map(),
      byPrincipal: new Map(),
      byPrincipalGroup: new Map(),
      byResourceGroup: new Map(),
    }
    for (const at of bits.members()) {
      const policy = this.#policies[at]
      if (policy !== undefined) this.#place(policy, bucket)
    }
    return bucket
  }

  #place(policy: Policy, bucket: Bucket): void {
    const { principal, resource } = policy
    const entry = (found: Place) => ({ policy, checks: this.#checksOf(policy, found) })
    if (resource.equals) listOf(bucket.byResource, resource.equals.key).push(entry('resource =='))
    else if (principal.equals) listOf(bucket.byPrincipal, principal.equals.key).push(entry('principal =='))
    else if (principal.within) {
      this.#group(bucket.byPrincipalGroup, 'principal', principal.within).push(entry('principal in'))
    } else if (resource.within) {
      this.#group(bucket.byResourceGroup, 'resource', resource.within).push(entry('resource in'))
    } else bucket.rest.push(entry(null))
  }

  #group(groups: Map<string, Group>, variable: 'principal' | 'resource', ancestor: EntityUid): Entry[] {
    const group = groups.get(ancestor.key) ?? { isIn: this.#isIn(variable, ancestor), entries: [] }
    groups.set(ancestor.key, group)
    return group.entries
  }

  /** What of a scope is not said by where the policy was found. Types and, mostly, actions are known from the bucket. */
  #checksOf(policy: Policy, found: Place): readonly Run[] {
    const checks: Run[] = []
    for (const variable of ['principal', 'resource'] as const) {
      const { equals, within } = policy[variable]
      if (equals && found !== `${variable} ==`) checks.push((evaluation) => evaluation[variable].key === equals.key)
      if (within && found !== `${variable} in`) checks.push(this.#isIn(variable, within))
    }
    if (policy.action !== null && 'within' in policy.action && !this.#actionIsStatic) {
      const { within } = policy.action
      checks.push((evaluation) => within.some((group) => evaluation.isIn(evaluation.action, group)))
    }
    return checks
  }

  /** The same question, and so the same slot, as `principal in …` in a condition. */
  #isIn(variable: 'principal' | 'resource', ancestor: EntityUid): Run {
    return this.#slots.remembered(`${variable} in ${ancestor.key}`, (evaluation) =>
      evaluation.isIn(evaluation[variable], ancestor),
    )
  }
}

type Place = 'resource ==' | 'principal ==' | 'principal in' | 'resource in' | null

function visitGroups(
  groups: ReadonlyMap<string, Group>,
  entity: EntityUid,
  evaluation: Evaluation,
  seen: (entry: Entry) => void,
): void {
  const { entities } = evaluation
  if (groups.size > fewGroups && entities.ancestors !== undefined) {
    const keys = new Set([entity.key])
    for (const ancestor of entities.ancestors(entity)) keys.add(ancestor.key)
    for (const key of keys) for (const entry of groups.get(key)?.entries ?? []) seen(entry)
    return
  }
  for (const group of groups.values()) {
    if (group.isIn(evaluation) === true) for (const entry of group.entries) seen(entry)
  }
}

/** The other way round: for each group, the keys of the actions in it. */
function belowOf(above: Above): ReadonlyMap<string, readonly string[]> | null {
  if (above === null) return null
  const below = new Map<string, string[]>()
  for (const [key, groups] of above) for (const group of groups) listOf(below, group).push(key)
  return below
}

/** Keys of the actions that a policy can apply to; null where any may be, or only the store knows. */
function actionKeys(
  { action }: Policy,
  below: ReadonlyMap<string, readonly string[]> | null,
): readonly string[] | null {
  if (action === null) return null
  if ('equals' in action) return [action.equals.key]
  if (below === null) return action.within.length === 0 ? [] : null
  const keys = new Set(action.within.flatMap(({ key }) => [key, ...(below.get(key) ?? [])]))
  return [...keys]
}

/** Which policies name a key, and which name none. */
class Postings {
  readonly #byKey = new Map<string, number[]>()
  readonly #any: number[] = []
  readonly #size: number

  constructor(policies: readonly Policy[], keysOf: (policy: Policy) => readonly string[] | null) {
    this.#size = policies.length
    for (const [at, policy] of policies.entries()) {
      const keys = keysOf(policy)
      if (keys === null) this.#any.push(at)
      else for (const key of keys) listOf(this.#byKey, key).push(at)
    }
  }

  /** The key, or the empty one for all that no policy names: they have the same candidates, and so one bucket. */
  known(key: string): string {
    return this.#byKey.has(key) ? key : ''
  }

  bits(key: string): BitSet {
    const bits = new BitSet(this.#size, this.#any)
    for (const at of this.#byKey.get(key) ?? []) bits.add(at)
    return bits
  }
}

function listOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
